# A problem.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def link($table): "\($source.url)/nav_to.do?uri=\($table).do?sys_id=\(raw("sys_id"))";

# Priorities go to 5 (planning); we know 4.
def rank($name): raw($name) | if . then ([capture("^(?<n>[1-9])").n | tonumber] | .[0] | if . and . > 4 then 4 else . end) else null end;

def affected:
  [
    (raw("cmdb_ci") | values) as $id
    | if raw("cmdb_ci.sys_class_name") // "" | test("^cmdb_ci_service|^cmdb_ci_business_service") then "service/\($id)" else "configuration_item/\($id)" end
  ]
  + [raw("business_service") | values | "service/\(.)"]
  | unique;

# made_sla turns false when a target is missed.
def breached: raw("made_sla") | if . == null then null else . != "true" end;

# What every ticket has.
def ticket($table; $states; $ended):
  {
    external_id: raw("sys_id"),
    url: link($table),
    updated_at: time("sys_updated_on"),
    source_version: (raw("sys_mod_count") // "0" | tonumber),

    title: shown("short_description"),
    priority: rank("priority"),
    impact: rank("impact"),
    urgency: rank("urgency"),
    assignee: (shown("assigned_to") // shown("assignment_group")),
    opened_at: time("opened_at"),
    closed_at: time("closed_at"),
    sla_breached: breached,

    attributes: (
      {
        number: raw("number"), state: shown("state"), assignment_group: shown("assignment_group"),
        opened_by: shown("opened_by"), subcategory: shown("subcategory"), service_offering: shown("service_offering"),
        company: shown("company"), close_code: shown("close_code"), close_notes: shown("close_notes")
      }
      + $ended
      | map_values(values)
    )
  }
  # A state of one's own is only known to be over or not.
  + {state: ($states[raw("state") // ""] // (if raw("active") == "false" then "closed" else "in_progress" end))}
  + (if has("category") then {category: shown("category")} else {} end);

# The states of today, and the 1 to 4 of before.
def states: {
  "101": "open", "102": "in_progress", "103": "in_progress", "104": "in_progress", "106": "resolved", "107": "closed",
  "1": "open", "2": "in_progress", "3": "closed", "4": "waiting"
};

ticket("problem"; states; {
  known_error: raw("known_error"), fix_notes: shown("fix_notes"), change: raw("rfc"),
  resolution_code: shown("resolution_code")
})
+ {
    type: "problem",
    resolved_at: time("resolved_at"),
    root_cause: shown("cause_notes"),
    workaround: shown("workaround"),
    relations: {affects: affected}
  }
+ (if has("major_problem") then {major: (raw("major_problem") == "true")} else {} end)
