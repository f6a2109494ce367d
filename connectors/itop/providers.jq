# An organisation a contract names as its provider.

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
  # Who is delivered to by a delivery model is a customer as well.
  role: (if text("deliverymodel_id") then "customer_acting_as_supplier" else "supplier" end),

  attributes: (
    {
      code: text("code"), status: text("status"), parent: text("parent_name"),
      delivery_model: text("deliverymodel_name")
    }
    | map_values(values)
  )
}
