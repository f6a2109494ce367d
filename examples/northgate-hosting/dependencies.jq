# The dependency map: one row per line drawn. The ends carry no kind; their prefixes tell it.
def day: if . == null then null else split(".") | reverse | join("-") end;
def end_of_line:
  if startswith("NG-") then "configuration_item/" + .
  elif startswith("svc-") then "service/" + .
  else "party/" + . end;
{
  external_id: ."Link No",
  updated_at: ((.Drawn | day) + "T00:00:00Z"),
  type: (.Link as $link | {operates: "controls", delivers: "provides", needs: "depends_on"}[$link] // $link),
  from: (.From | end_of_line),
  to: (.To | end_of_line)
}
