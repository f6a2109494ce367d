# The provider a contract names provides the services the contract is for, and controls its CIs.

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

. as $contract
| text("provider_id") as $provider
| select($provider)
| def ids($list; $key): [.fields[$list][]? | .[$key] | values | tostring | select(. != "0")] | unique[];
(
  ids("services_list"; "service_id")
  | {external_id: "\($contract.key):\(.)", type: "provides", from: "party/\($provider)", to: "service/\(.)"}
),
(
  ids("functionalcis_list"; "functionalci_id")
  | {external_id: "\($contract.key):ci:\(.)", type: "controls", from: "party/\($provider)", to: "configuration_item/\(.)"}
)
