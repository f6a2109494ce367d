# A deletion out of the history: it names the root class, where the object itself went by its final class.

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

def kinds: {
  "FunctionalCI": "configuration_item", "Service": "service", "Organization": "party", "Contract": "agreement",
  "Ticket": "ticket"
};

. as $row
| kinds[text("objclass") // ""]
| values
| {kind: ., external_id: ($row | text("objkey")), updated_at: ($row | time("date"))}
