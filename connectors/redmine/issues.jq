# An issue of Redmine. What a tracker holds is read off its name, what Redmine has no field for off custom fields.

def text: if . == null or . == "" then null else tostring end;

# Custom fields by name in lower case, their values as a list.
def custom:
  [.[]? | {key: (.name // "" | ascii_downcase), value: (if (.value | type) == "array" then .value else [.value] end | map(values | tostring | select(. != "")))}]
  | from_entries;

def yes: text | if . == null then null else (. == "1" or (ascii_downcase | test("^(yes|true|on)"))) end;

# What follows yields nothing for a value we have no word for: the field is then left out.
def rank($low; $high): text | if . == null then null else [capture("^(?<n>[0-9])").n | tonumber | select(. >= $low and . <= $high)][] end;

def date:
  text
  | if . == null then null
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$") then .
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$") then sub(" "; "T") + "Z"
    else empty end;

def security_class: text | if . == null then null else (ascii_downcase | select(test("^(service|security|both|event)$"))) end;

def types:
  ascii_downcase
  | if test("incident") then {type: "incident"}
    elif test("problem") then {type: "problem"}
    elif test("change") then {type: "change"}
    elif test("release") then {type: "release"}
    elif test("request|support") then {type: "service_request"}
    elif test("complaint") then {type: "complaint"}
    elif test("improvement|feature") then {type: "improvement"}
    else {} end;

# By the names Redmine comes with; of another name only `is_closed` is known.
def states: {
  "new": "open", "in progress": "in_progress", "feedback": "waiting", "resolved": "resolved", "closed": "closed",
  "rejected": "cancelled"
};

# The same for priorities.
def priorities: {"immediate": 1, "urgent": 1, "high": 2, "normal": 3, "low": 4};

(.custom_fields | custom) as $custom
| def optional($name; $field; value): if $custom | has($name) then [$custom[$name][0] // null | value] | if . == [] then {} else {($field): .[0]} end else {} end;
{
  external_id: (.id | tostring),
  url: "\($source.url)/issues/\(.id)",
  updated_at: .updated_on,

  title: (.subject | text),
  state: (states[.status.name // "" | ascii_downcase] // (if .status.is_closed then "closed" else "in_progress" end)),
  category: (.category.name | text),
  assignee: (.assigned_to.name | text),
  opened_at: .created_on,
  closed_at: .closed_on,

  attributes: (
    {
      project: (.project.name | text), tracker: (.tracker.name | text), status: (.status.name | text),
      priority: (.priority.name | text), author: (.author.name | text), version: (.fixed_version.name | text),
      parent: (.parent.id | text), start_date: .start_date, due_date: .due_date, done_ratio: .done_ratio,
      is_private: (if .is_private then true else null end),
      issues: (.id as $id | [.relations[]? | {(.relation_type): (if .issue_id == $id then .issue_to_id else .issue_id end | tostring)}]),
      custom_fields: $custom
    }
    | map_values(values | select(. != [] and . != {}))
  )
}
+ (.tracker.name // "" | types)
+ (priorities[.priority.name // "" | ascii_downcase] | if . then {priority: .} else {} end)
+ optional("impact"; "impact"; rank(1; 4))
+ optional("urgency"; "urgency"; rank(1; 4))
+ optional("major incident"; "major"; yes)
+ optional("restricted"; "restricted"; yes)
# A private issue shows to its author, its assignee and few others, whatever a custom field says.
+ (if .is_private then {restricted: true} else {} end)
+ optional("emergency"; "emergency"; yes)
+ optional("security class"; "security_class"; security_class)
+ optional("sla breached"; "sla_breached"; yes)
+ optional("approved by"; "approved_by"; text)
+ optional("approved at"; "approved_at"; date)
+ optional("restored at"; "restored_at"; date)
+ optional("root cause"; "root_cause"; text)
+ optional("workaround"; "workaround"; text)
+ optional("back-out plan"; "back_out_plan"; text | . != null)
