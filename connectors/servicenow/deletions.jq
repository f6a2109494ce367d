# A deletion out of the audit trail; what it says of tables that are not read is left out.

# Each value comes as {"display_value": …, "value": …}; an empty one is "".
def raw($name): .[$name] | if type == "object" then .value else . end | if . == null or . == "" then null else tostring end;
def shown($name): .[$name] | if type == "object" then (.display_value // .value) else . end | if . == null or . == "" then null else tostring end;

# Values are UTC.
def time($name): raw($name) | if . then sub(" "; "T") + (if length > 10 then "Z" else "" end) else null end;

def kinds:
  if test("^(incident|problem|change_request|sc_req_item)$") then ["ticket"]
  elif test("^(cmdb_rel_ci|task_ci|task_cmdb_ci_service|contract_rel_ci)$") then ["relation"]
  elif . == "task_sla" then ["measurement"]
  elif . == "core_company" then ["party"]
  elif test("^ast_contract|^ast_service") then ["agreement"]
  elif test("^cmdb_ci_service|^cmdb_ci_business_service") then ["service"]
  elif test("^cmdb_ci") then ["configuration_item"]
  else []
  end;

. as $row
| (raw("tablename") // "" | kinds)[]
| {kind: ., external_id: ($row | raw("documentkey")), updated_at: ($row | time("sys_created_on"))}
