# A configuration item of any class but services, which have a stream of their own.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def link($table): "\($source.url)/nav_to.do?uri=\($table).do?sys_id=\(raw("sys_id"))";

# A value we have no word for is left out.
def environment:
  (shown("environment") // shown("used_for"))
  | if . == null then empty
    else
      ascii_downcase
      | if test("^(live|prod)") then "live" elif test("^(test|stag|qa|uat)") then "test" elif test("^dev") then "development" else empty end
    end;

# "1 - most critical" to "4 - not critical", against our 1 (little) to 4 (vital).
def criticality: raw("busines_criticality") | if . then [capture("^(?<n>[1-4])").n | 5 - tonumber] | .[0] else null end;

select(raw("sys_class_name") // "" | test("^cmdb_ci_service|^cmdb_ci_business_service") | not)
| {
    external_id: raw("sys_id"),
    url: link("cmdb_ci"),
    updated_at: time("sys_updated_on"),
    source_version: (raw("sys_mod_count") // "0" | tonumber),

    name: shown("name"),
    class: (shown("sys_class_name")),
    status: (shown("operational_status") // shown("install_status")),
    site: shown("location"),
    unit: (shown("department") // shown("company")),
    owner: (shown("owned_by") // shown("managed_by")),
    last_verified_at: time("last_discovered"),
    labels: ["ci"],

    attributes: (
      {
        class: raw("sys_class_name"), install_status: shown("install_status"), support_group: shown("support_group"),
        vendor: shown("vendor"), manufacturer: shown("manufacturer"), model: shown("model_id"),
        serial_number: shown("serial_number"), asset_tag: shown("asset_tag"), environment: shown("environment"),
        used_for: shown("used_for"), discovery_source: shown("discovery_source"),
        short_description: shown("short_description")
      }
      | map_values(values)
    )
  }
+ ([environment] | if . == [] then {} else {environment: .[0]} end)
# Classes without these columns do not send them.
+ (if has("busines_criticality") then {criticality: criticality} else {} end)
+ (if has("version") then {version: shown("version")} else {} end)
