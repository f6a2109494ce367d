# A vendor or a customer.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def link($table): "\($source.url)/nav_to.do?uri=\($table).do?sys_id=\(raw("sys_id"))";

{
  external_id: raw("sys_id"),
  url: link("core_company"),
  updated_at: time("sys_updated_on"),
  source_version: (raw("sys_mod_count") // "0" | tonumber),

  name: shown("name"),
  role: (
    if raw("vendor") == "true" then if raw("customer") == "true" then "customer_acting_as_supplier" else "supplier" end
    else "customer"
    end
  ),
  owner: (shown("vendor_manager") // shown("contact")),

  attributes: (
    {
      country: shown("country"), website: shown("website"), parent: shown("parent"), vendor_type: shown("vendor_type"),
      stock_symbol: shown("stock_symbol")
    }
    | map_values(values)
  )
}
# A country in words is not guessed at.
+ (raw("country") | if . and test("^[A-Z]{2}$") then {jurisdiction: .} else {} end)
