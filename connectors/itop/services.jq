# A service of the catalogue.

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

def states: {"production": "live", "implementation": "planned", "obsolete": "closed"};

{
  external_id: .key,
  url: link,

  name: (text("name") // text("friendlyname")),

  attributes: (
    {
      organization: (text("organization_name") // text("org_name")), family: text("servicefamily_name"),
      status: text("status"), description: text("description"),
      contacts: [.fields.contacts_list[]? | .contact_id_friendlyname // .contact_name]
    }
    | map_values(values | select(. != []))
  )
}
+ (states[text("status") // ""] | if . then {status: .} else {} end)
