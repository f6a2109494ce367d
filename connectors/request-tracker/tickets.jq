# A ticket of Request Tracker. What a queue holds is read off its name, what RT has no field for off custom fields.

def text: if . == null or . == "" then null else tostring end;

# A date that is not set is 1970-01-01.
def time: text | if . == null or startswith("1970-01-01") then null else . end;

def person: if . == null or .id == "Nobody" then null else (.RealName | text) // (.Name | text) // (.id | text) end;

# Custom fields by name in lower case; a search gives "" where there are none.
def custom:
  if type == "array" then map({key: (.name // "" | ascii_downcase), value: (.values // [] | map(tostring))}) | from_entries
  else {} end;

def yes: text | if . == null then null else (ascii_downcase | test("^(yes|true|1|on)")) end;

# What follows yields nothing for a value we have no word for: the field is then left out.
def rank($low; $high): text | if . == null then null else [capture("^(?<n>[0-9])").n | tonumber | select(. >= $low and . <= $high)][] end;

def date:
  text
  | if . == null then null
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$") then .
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$") then sub(" "; "T") + "Z"
    else empty end;

def security_class: text | if . == null then null else (ascii_downcase | select(test("^(service|security|both|event)$"))) end;

# A queue whose name says nothing leaves the type out.
def types:
  ascii_downcase
  | if test("incident") then {type: "incident"}
    elif test("problem") then {type: "problem"}
    elif test("change") then {type: "change"}
    elif test("release") then {type: "release"}
    elif test("request") then {type: "service_request"}
    elif test("complaint") then {type: "complaint"}
    elif test("improvement") then {type: "improvement"}
    else {} end;

# RT knows one end of work and calls it resolved.
def states: {
  "new": "open", "open": "in_progress", "stalled": "waiting", "resolved": "closed", "rejected": "cancelled",
  "deleted": "cancelled"
};

(.CustomFields | custom) as $custom
| def has_custom($name): $custom | has($name);
  def first_of($name): $custom[$name] | if . then .[0] // null else null end;
  def optional($name; $field; value): if has_custom($name) then [first_of($name) | value] | if . == [] then {} else {($field): .[0]} end else {} end;
(.Resolved | time) as $resolved
| (.Due | time) as $due
| (.Priority | text | if . then tonumber else null end) as $priority
| {
    external_id: (.id | tostring),
    url: (._url | text | if . then sub("^.*/REST/2.0/ticket/"; "\($source.url)/Ticket/Display.html?id=") else null end),
    updated_at: .LastUpdated,
    deleted: (.Status == "deleted"),

    title: (.Subject | text),
    state: (states[.Status] // (if $resolved then "closed" else "in_progress" end)),
    # RT counts from 0 (low) to 100 (high).
    priority: (
      if $priority == null then null
      elif $priority >= 90 then 1
      elif $priority >= 60 then 2
      elif $priority >= 30 then 3
      else 4
      end
    ),
    category: (.Queue.Name | text),
    assignee: (.Owner | person),
    opened_at: (.Created | time),
    resolved_at: $resolved,
    closed_at: $resolved,

    relations: {
      affects: [._hyperlinks[]? | select(.type == "asset" and (.ref == "refers-to" or .ref == "depends-on" or .ref == "parent")) | "configuration_item/\(.id)"]
    },
    attributes: (
      {
        status: .Status, priority: .Priority, due: $due, sla: (.SLA | text),
        requestors: [.Requestor[]? | .id | tostring],
        tickets: [._hyperlinks[]? | select(.type == "ticket" and .ref != "self") | {(.ref): (.id | tostring)}],
        custom_fields: $custom
      }
      | map_values(values | select(. != [] and . != {}))
    )
  }
# A due date is a service level target only where an SLA set it.
+ (if (.SLA | text) then {restoration_due_at: $due} else {} end)
+ (if (.SLA | text) and $due and $resolved then {sla_breached: ($resolved > $due)} else {} end)
+ (.Queue.Name // "" | types)
+ optional("impact"; "impact"; rank(1; 4))
+ optional("urgency"; "urgency"; rank(1; 4))
+ optional("major incident"; "major"; yes)
+ optional("restricted"; "restricted"; yes)
+ optional("emergency"; "emergency"; yes)
+ optional("security class"; "security_class"; security_class)
+ optional("approved by"; "approved_by"; text)
+ optional("approved at"; "approved_at"; date)
+ optional("root cause"; "root_cause"; text)
+ optional("workaround"; "workaround"; text)
+ optional("back-out plan"; "back_out_plan"; text | . != null)
