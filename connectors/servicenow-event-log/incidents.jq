# One row of the log is one version of an incident; `?` means that the value is missing.

# A cell, or null where the log has no value.
def cell: if . == null or . == "?" then null else . end;

# `29-02-2016 01:16`; the log states no time zone, so times are read as UTC.
def time: cell | if . then strptime("%d-%m-%Y %H:%M") | mktime | todate else . end;

# `TRUE` or `FALSE`.
def flag:
  cell
  | if . == null then null
    elif . == "TRUE" then true
    elif . == "FALSE" then false
    else error("neither TRUE nor FALSE: \(.)")
    end;

def number: cell | if . then tonumber else . end;

# `1 - Critical` is 1.
def rank: cell | if . then .[:1] | tonumber else . end;

# A name of ours and a rank that orders states updated in the same minute at the same count.
def states: {
  "New": ["open", 0],
  "Active": ["in_progress", 1],
  "Awaiting User Info": ["waiting", 2],
  "Awaiting Vendor": ["waiting", 3],
  "Awaiting Problem": ["waiting", 4],
  "Awaiting Evidence": ["waiting", 5],
  "Resolved": ["resolved", 6],
  "Closed": ["closed", 7],
  # How the published log writes a state it lost.
  "-100": [null, 0]
};

def references($prefix): cell | if . then ["\($prefix)/\(.)"] else [] end;

# Every row of an incident carries its final times; a version claims only what had happened by then.
def until($at): time | if . == null or . > $at then null else . end;

(.incident_state | cell) as $name
| (.sys_updated_at | time) as $at
| (if $name then states[$name] // error("unknown incident_state: \($name)") else [null, 0] end) as [$state, $order]
| {
    external_id: (.number | cell),
    updated_at: $at,
    source_version: ((.sys_mod_count | number // 0) * 10 + $order),

    type: "incident",
    state: $state,
    priority: (.priority | rank),
    impact: (.impact | rank),
    urgency: (.urgency | rank),
    category: (.category | cell),
    assignee: ((.assigned_to | cell) // (.assignment_group | cell)),
    opened_at: (.opened_at | time),
    resolved_at: (if $state == "resolved" or $state == "closed" then .resolved_at | until($at) else null end),
    closed_at: (if $state == "closed" then .closed_at | until($at) else null end),
    sla_breached: (.made_sla | flag | if . == null then null else not end),

    relations: {
      affects: (.cmdb_ci | references("configuration_item")),
      caused_by: ((.caused_by | references("ticket")) + (.problem_id | references("ticket")))
    },
    attributes: (
      del(
        .number, .incident_state, .priority, .impact, .urgency, .category, .assigned_to, .opened_at, .resolved_at,
        .closed_at, .made_sla, .cmdb_ci, .caused_by, .problem_id, .sys_updated_at, .sys_mod_count
      )
      | map_values(cell | values)
    )
  }
