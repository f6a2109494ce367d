# Figures of the management system: capacity, security targets, controls, objectives, satisfaction. One row a figure and month.
def code($table): if . == null then null else ($table[.] // .) end;
def figure: if . == null then null else (tonumber? // .) end;
def next_month:
  (split("-") | map(tonumber)) as [$year, $month]
  | if $month == 12 then "\($year + 1)-01" elif $month < 9 then "\($year)-0\($month + 1)" else "\($year)-\($month + 1)" end;
{
  external_id: .No,
  aspect: (.Aspect | ascii_downcase),
  metric: .Metric,
  service: .Of,
  unit: .Unit,
  direction: (.Good | code({"at least": "at_least", "at most": "at_most"})),
  target: (.Target | figure),
  actual: (.Actual | figure),
  period_start: (.Month + "-01"),
  period_end: ((.Month | next_month) + "-01")
}
