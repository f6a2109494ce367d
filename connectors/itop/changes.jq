# A change of any class: routine, normal, emergency.

# Values are texts, mostly; an external key that is not set is 0.
def text($name): .fields[$name] | if . == null or . == "" or . == "0" or . == 0 then null else tostring end;

# Times are of the server's zone and say no offset.
def time($name):
  text($name)
  | if . == null or startswith("0000") then null
    elif length == 10 then .
    else to_utc("%Y-%m-%d %H:%M:%S"; $source.time_zone)
    end;

def link: "\($source.url)/pages/UI.php?operation=details&class=\(.class)&id=\(.key)";

def rank($name): text($name) | if . then ([capture("^(?<n>[1-4])").n | tonumber] | .[0]) else null end;

# yes where a deadline of the SLA passed.
def breached:
  [text("sla_tto_passed"), text("sla_ttr_passed")] | map(values)
  | if . == [] then null else any(. == "yes") end;

def items:
  [.fields.functionalcis_list[]? | select((.impact_code // "") != "not_impacted") | .functionalci_id | values | tostring | select(. != "0")]
  | unique | map("configuration_item/\(.)");

def about: [text("service_id") | values | "service/\(.)"];

# What every ticket has.
def ticket($states):
  {
    external_id: .key,
    url: link,
    updated_at: time("last_update"),

    title: text("title"),
    state: ($states[text("status") // ""] // (if text("close_date") then "closed" else "in_progress" end)),
    assignee: (text("agent_id_friendlyname") // text("agent_name") // text("team_id_friendlyname") // text("team_name")),
    opened_at: time("start_date"),
    closed_at: time("close_date"),

    attributes: (
      {
        ref: text("ref"), class: (text("finalclass") // .class), status: text("status"),
        organization: (text("org_name") // text("organization_name")), caller: (text("caller_id_friendlyname") // text("caller_name")),
        team: (text("team_id_friendlyname") // text("team_name")), origin: text("origin"),
        service_subcategory: text("servicesubcategory_name"), operational_status: text("operational_status")
      }
      | map_values(values)
    )
  };

def states: {
  "new": "open", "validated": "open", "rejected": "cancelled", "assigned": "in_progress",
  "plannedscheduled": "waiting", "approved": "waiting", "notapproved": "cancelled", "implemented": "in_progress",
  "monitored": "resolved", "closed": "closed"
};

ticket(states)
+ {
    type: "change",
    impact: rank("impact"),
    emergency: ((text("finalclass") // .class) == "EmergencyChange"),
    relations: {affects: items}
  }
# Only some classes of change have what follows.
+ (if .fields | has("approval_date") then {approved_at: time("approval_date")} else {} end)
+ (if .fields | has("approval_date") then {approved_by: (if text("approval_date") then (text("changemanager_id_friendlyname") // text("manager_id_friendlyname")) else null end)} else {} end)
+ (if .fields | has("fallback_plan") then {back_out_plan: (text("fallback_plan") != null)} elif .fields | has("fallback") then {back_out_plan: (text("fallback") != null)} else {} end)
