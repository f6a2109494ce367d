# A request of a user; iTop Community keeps incidents here too, where it is set up so.

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
  "new": "open", "assigned": "in_progress", "dispatched": "in_progress", "redispatched": "in_progress",
  "escalated_tto": "open", "escalated_ttr": "in_progress", "pending": "waiting", "waiting_for_approval": "waiting",
  "approved": "open", "rejected": "cancelled", "resolved": "resolved", "closed": "closed"
};

ticket(states)
+ {
    type: (if text("request_type") == "incident" then "incident" else "service_request" end),
    priority: rank("priority"),
    impact: rank("impact"),
    urgency: rank("urgency"),
    resolved_at: time("resolution_date"),
    sla_breached: breached,
    category: (text("servicesubcategory_name") // text("service_name")),
    relations: {
      affects: (items + about),
      caused_by: (
        [(text("parent_problem_id") | values | "ticket/\(.)"), (text("parent_change_id") | values | "ticket/\(.)")]
      )
    }
  }
# Approval of a request.
+ (if .fields | has("approver_id_friendlyname") then {approved_by: text("approver_id_friendlyname")} else {} end)
+ (if text("ttr_escalation_deadline") then {restoration_due_at: time("ttr_escalation_deadline")} else {} end)
