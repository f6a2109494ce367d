# Monthly figures, one wide row per service or partner and month: availability, and response time where it is measured.
# A row becomes one measurement for each figure it holds.
def figure: if . == null then null else (tonumber? // .) end;
def next_month:
  (split("-") | map(tonumber)) as [$year, $month]
  | if $month == 12 then "\($year + 1)-01" elif $month < 9 then "\($year)-0\($month + 1)" else "\($year)-\($month + 1)" end;
. as $row
| (
  {aspect: "availability", metric: "availability", unit: "%", direction: "at_least",
   target: (."Availability Target %" | figure), actual: (."Availability %" | figure)},
  (select(."Response Target min" != null)
   | {aspect: "response", metric: "response", unit: "minutes", direction: "at_most",
      target: (."Response Target min" | figure), actual: (."Response min" | figure)})
)
| . + {
  external_id: "\($row.Subject):\($row.Month):\(.metric)",
  service: (if $row.Subject | startswith("svc-") then $row.Subject else null end),
  party: (if $row.Subject | startswith("svc-") then null else $row.Subject end),
  period_start: ($row.Month + "-01"),
  period_end: (($row.Month | next_month) + "-01")
}
