# A contract with a customer or a provider.

# Values are texts, mostly; an external key that is not set is 0.
def text($name): .fields[$name] | if . == null or . == "" or . == "0" or . == 0 then null else tostring end;

# Times are of the server's zone and say no offset.
def time($name):
  text($name)
  | if . == null or startswith("0000") then null
    elif length == 10 then .
    else to_utc("%Y-%m-%d %H:%M:%S"; $source.time_zone)
    end;

def link: "\($source.url)/pages/UI.php?operation=details&class=\(.class)&id=\(.key)";

{
  external_id: .key,
  url: link,

  title: (text("name") // text("friendlyname")),
  type: (if (text("finalclass") // .class) == "CustomerContract" then "sla" else "contract" end),
  # A contract with a provider is with the provider; one with a customer is with its organisation.
  parties: (
    if (text("finalclass") // .class) == "ProviderContract" then [text("provider_id") | values]
    else [text("org_id") | values]
    end
  ),
  starts_at: time("start_date"),
  # The last day is part of it; what we keep is the first instant after.
  ends_at: (text("end_date") | if . and (startswith("0000") | not) then (.[:10] + "T00:00:00Z" | fromdate + 86400 | todate) else null end),
  targets: (
    [(.fields.services_list[]? | .sla_name), text("sla")] | map(values | select(. != "")) | unique
  ),

  relations: {
    covers: ([.fields.services_list[]? | .service_id | values | tostring | select(. != "0")] | unique | map("service/\(.)"))
  },
  attributes: (
    {
      class: (text("finalclass") // .class), organization: (text("organization_name") // text("org_name")),
      provider: text("provider_name"), status: text("status"), type: text("contracttype_name"), cost: text("cost"),
      currency: text("cost_currency"), billing_frequency: text("billing_frequency"), coverage: text("coverage"),
      description: text("description"),
      items: [.fields.functionalcis_list[]? | .functionalci_id | tostring]
    }
    | map_values(values | select(. != []))
  )
}
