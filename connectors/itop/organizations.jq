# An organisation no contract names as its provider: a customer, or a part of one's own.

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

  name: (text("name") // text("friendlyname")),

  attributes: (
    {
      code: text("code"), status: text("status"), parent: text("parent_name"),
      delivery_model: text("deliverymodel_name")
    }
    | map_values(values)
  )
}
# Who is delivered to by a delivery model is a customer; of others iTop does not say what they are.
+ (if text("deliverymodel_id") then {role: "customer"} else {} end)
