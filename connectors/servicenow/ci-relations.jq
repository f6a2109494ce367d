# An edge between two CIs, of which either may be a service; types that say nothing of direction are left out.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def side($name): raw($name) as $id
  | if raw("\($name).sys_class_name") // "" | test("^cmdb_ci_service|^cmdb_ci_business_service") then "service/\($id)" else "configuration_item/\($id)" end;

# The name of a type reads from parent to child, `Depends on::Used by`.
def depends: ["depends on", "runs on", "hosted on", "uses", "consumes", "receives data from", "virtualized by", "powered by", "connects to", "cluster of", "sends data to"];
def contains: ["contains", "members", "owns", "has member", "consists of", "provides storage for"];

(shown("type") // "" | split("::")[0] | ascii_downcase) as $type
| side("parent") as $parent
| side("child") as $child
| {
    external_id: raw("sys_id"),
    updated_at: time("sys_updated_on"),
    source_version: (raw("sys_mod_count") // "0" | tonumber),
    attributes: {type: shown("type")}
  }
+ (
    if any(depends[]; . == $type) then
      if ($parent | startswith("service/")) and ($child | startswith("configuration_item/")) then
        {type: "supports", from: $child, to: $parent}
      else
        {type: "depends_on", from: $parent, to: $child}
      end
    elif any(contains[]; . == $type) then {type: "part_of", from: $child, to: $parent}
    else empty
    end
  )
