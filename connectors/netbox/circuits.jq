# A circuit of NetBox: a line a provider supplies.
def text: if . == null or . == "" then null else tostring end;

# A choice is an object or, in the body of an event rule's own template, its value.
def choice: if type == "object" then .value | text else text end;

def words: if type == "object" then (.value // .name // .display) | text else text end;

# What follows yields nothing for a value we have no word for: the field is then left out.
def rank($low; $high): words | if . == null then null else [capture("^(?<n>[0-9])").n | tonumber | select(. >= $low and . <= $high)][] end;

def environment:
  words
  | if . == null then null
    else
      ascii_downcase
      | if test("^(live|prod)") then "live" elif test("^(test|stag|qa|accept)") then "test" elif test("^dev") then "development" else empty end
    end;

def date:
  words
  | if . == null then null
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2}))?$") then .
    elif test("^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$") then sub(" "; "T") + "Z"
    else empty end;

# What NetBox has no field for, off custom fields; one that is not defined is left out.
def customs:
  (.custom_fields // {}) as $custom
  | def optional($name; $field; value): if $custom | has($name) then [$custom[$name] | value] | if . == [] then {} else {($field): .[0]} end else {} end;
  (if has("owner") then {owner: (.owner.name | text)} else optional("owner"; "owner"; words) end)
  + optional("environment"; "environment"; environment)
  + optional("criticality"; "criticality"; rank(1; 4))
  + optional("confidentiality"; "confidentiality"; rank(0; 3))
  + optional("integrity"; "integrity"; rank(0; 3))
  + optional("availability"; "availability"; rank(0; 3))
  + optional("version"; "version"; words)
  + optional("baseline_version"; "baseline_version"; words)
  + optional("last_verified"; "last_verified_at"; date)
  + optional("access_reviewed"; "access_reviewed_at"; date)
  + optional("support_ends"; "support_ends_at"; date);

# The body of an event names its object by path alone.
def web:
  (.display_url | text) // (.url | text | if . then sub("/api/"; "/") else null end)
  | if . != null and startswith("/") then ($source.url | capture("^(?<origin>https?://[^/]+)").origin) + . else . end;

# Where one end of it is: a site, or what else it may be; before NetBox 4.2, a site or the network of a provider.
def place: (.termination.name // .site.name // .provider_network.name)? | values;

# The first end that is at a site.
def site: [(.termination_a, .termination_z) | select(.) | if .termination_type then select(.termination_type == "dcim.site") | .termination.name else .site.name end | text | values];

{
  external_id: "circuits.circuit:\(.id)",
  url: web,
  updated_at: .last_updated,

  name: ((.cid | text) // (.display | text)),
  class: "circuit",
  status: (.status | choice),
  unit: (.tenant.name | text),
  labels: ["ci"],

  attributes: (
    {
      ends: [(.termination_a, .termination_z) | place],
      type: (.type.name | text), provider: (.provider.name | text), provider_account: (.provider_account.account | text),
      install_date: .install_date, termination_date: .termination_date, commit_rate: .commit_rate,
      description: (.description | text), tags: [.tags[]? | .slug // .], custom_fields: .custom_fields
    }
    | map_values(values | select(. != [] and . != {}))
  )
}
+ customs
# The list of a circuit has its ends; other bodies may not.
+ (if has("termination_a") then {site: (site | .[0])} else {} end)
