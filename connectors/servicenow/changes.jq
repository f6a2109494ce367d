# A change.

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

def states: {
  "-5": "open", "-4": "open", "-3": "waiting", "-2": "waiting", "-1": "in_progress", "0": "resolved", "3": "closed",
  "4": "cancelled"
};

# Successful with issues is successful; a change taken back is told from its close notes by nobody but people.
def outcomes: {"successful": "successful", "successful_issues": "successful", "unsuccessful": "failed", "backed_out": "backed_out"};

# The history has the latest first, in the words of the rule that writes it.
[shown("approval_history") // "" | match("(?:^|\\n)(?<who>[^\\n]+?) approved the task"; "g").captures[0].string] as $approvers
| ticket("change_request"; states; {
  type: shown("type"), approval: shown("approval"), risk: shown("risk"), requested_by: shown("requested_by"),
  justification: shown("justification"), start_date: time("start_date"), end_date: time("end_date"),
  test_plan: shown("test_plan"), implementation_plan: shown("implementation_plan"),
  backout_plan: shown("backout_plan"), risk_impact_analysis: shown("risk_impact_analysis"),
  cab_required: raw("cab_required"), cab_date: time("cab_date"), review_comments: shown("review_comments"),
  unauthorized: raw("unauthorized")
})
+ {
    type: "change",
    emergency: (raw("type") == "emergency"),
    approved_at: (if raw("approval") == "approved" then time("approval_set") else null end),
    back_out_plan: (raw("backout_plan") != null),
    resolved_at: time("work_end"),
    relations: {affects: affected}
  }
# Who approved it last, where its history says so.
+ (
  [raw("approval") | select(. == "approved")]
  | if . == [] then {approved_by: null}
    else $approvers | if . == [] then {} else {approved_by: .[0]} end
    end
)
+ (if has("review_date") then {reviewed_at: time("review_date")} else {} end)
+ (raw("close_code") | if . == null then {outcome: null} elif outcomes[.] then {outcome: outcomes[.]} else {} end)
