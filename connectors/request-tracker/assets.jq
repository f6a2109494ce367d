# An asset of Request Tracker with the links that start from it.

def text: if . == null or . == "" then null else tostring end;

def person: if . == null or .id == "Nobody" then null else (.RealName | text) // (.Name | text) // (.id | text) end;

def custom:
  if type == "array" then map({key: (.name // "" | ascii_downcase), value: (.values // [] | map(tostring))}) | from_entries
  else {} end;

# What follows yields nothing for a value we have no word for: the field is then left out.
def rank($low; $high): text | if . == null then null else [capture("^(?<n>[0-9])").n | tonumber | select(. >= $low and . <= $high)][] end;

def environment:
  text
  | if . == null then null
    else
      ascii_downcase
      | if test("^(live|prod)") then "live" elif test("^(test|stag|qa|accept)") then "test" elif test("^dev") then "development" else empty end
    end;

def date:
  text
  | if . == null then null
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$") then .
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$") then sub(" "; "T") + "Z"
    else empty end;

def linked($ref): [._hyperlinks[]? | select(.type == "asset" and .ref == $ref) | "configuration_item/\(.id)"];

(.CustomFields | custom) as $custom
| def optional($name; $field; value): if $custom | has($name) then [$custom[$name][0] // null | value] | if . == [] then {} else {($field): .[0]} end else {} end;
{
  external_id: (.id | tostring),
  url: "\($source.url)/Asset/Display.html?id=\(.id)",
  updated_at: .LastUpdated,
  deleted: (.Status == "deleted"),

  name: (.Name | text),
  class: (.Catalog.Name | text),
  status: (.Status | text),
  owner: (.Owner | person),
  labels: ["ci"],

  relations: {depends_on: linked("depends-on"), part_of: linked("parent")},
  attributes: (
    {
      description: (.Description | text), created: .Created, held_by: [.HeldBy[]? | .id | tostring],
      custom_fields: $custom
    }
    | map_values(values | select(. != [] and . != {}))
  )
}
+ optional("environment"; "environment"; environment)
+ optional("site"; "site"; text)
+ optional("location"; "site"; text)
+ optional("unit"; "unit"; text)
+ optional("version"; "version"; text)
+ optional("baseline version"; "baseline_version"; text)
+ optional("criticality"; "criticality"; rank(1; 4))
+ optional("confidentiality"; "confidentiality"; rank(0; 3))
+ optional("integrity"; "integrity"; rank(0; 3))
+ optional("availability"; "availability"; rank(0; 3))
+ optional("last verified"; "last_verified_at"; date)
+ optional("access reviewed"; "access_reviewed_at"; date)
+ optional("support ends"; "support_ends_at"; date)
