# A provider of circuits: a supplier.

def text: if . == null or . == "" then null else tostring end;

# The body of an event names its object by path alone.
def web:
  (.display_url | text) // (.url | text | if . then sub("/api/"; "/") else null end)
  | if . != null and startswith("/") then ($source.url | capture("^(?<origin>https?://[^/]+)").origin) + . else . end;

# What follows yields nothing for a value we have no word for: the field is then left out.
def date:
  text
  | if . == null then null
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$") then .
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$") then sub(" "; "T") + "Z"
    else empty end;

(.custom_fields // {}) as $custom
| def optional($name; $field; value): if $custom | has($name) then [$custom[$name] | value] | if . == [] then {} else {($field): .[0]} end else {} end;
{
  external_id: "circuits.provider:\(.id)",
  url: web,
  updated_at: .last_updated,

  name: ((.name | text) // (.display | text)),
  role: "supplier",

  attributes: (
    {
      slug: (.slug | text), accounts: [.accounts[]? | .account // .name], asns: [.asns[]? | .asn // .],
      circuits: .circuit_count, description: (.description | text), tags: [.tags[]? | .slug // .],
      custom_fields: .custom_fields
    }
    | map_values(values | select(. != [] and . != {}))
  )
}
+ (if has("owner") then {owner: (.owner.name | text)} else optional("owner"; "owner"; text) end)
+ optional("jurisdiction"; "jurisdiction"; text | select(. == null or test("^[A-Z]{2}$")))
+ optional("first_supply"; "first_supply_at"; date)
+ optional("last_review"; "last_review"; date)
