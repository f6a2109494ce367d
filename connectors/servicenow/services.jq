# A service; its class says whether it is a business, technical or application service.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def link($table): "\($source.url)/nav_to.do?uri=\($table).do?sys_id=\(raw("sys_id"))";

# "1 - most critical" to "4 - not critical", against our 1 (little) to 4 (vital).
def criticality: raw("busines_criticality") | if . then [capture("^(?<n>[1-4])").n | 5 - tonumber] | .[0] else null end;

# service_status where the service portfolio is used, else whether it is operational.
def states: {
  "requirements": "planned", "design": "planned", "development": "planned", "pipeline": "planned", "catalog": "live",
  "operational": "live", "retired": "closed"
};
def operational: {"1": "live", "3": "live", "4": "live", "5": "planned", "6": "closed"};

{
  external_id: raw("sys_id"),
  url: link("cmdb_ci_service"),
  updated_at: time("sys_updated_on"),
  source_version: (raw("sys_mod_count") // "0" | tonumber),

  name: shown("name"),
  owner: (shown("owned_by") // shown("managed_by")),
  criticality: criticality,

  attributes: (
    {
      number: shown("number"), class: raw("sys_class_name"), classification: shown("service_classification"),
      operational_status: shown("operational_status"), service_status: shown("service_status"),
      service_level_requirement: shown("service_level_requirement"), short_description: shown("short_description")
    }
    | map_values(values)
  )
}
+ ((states[raw("service_status") // ""] // operational[raw("operational_status") // ""]) | if . then {status: .} else {} end)
