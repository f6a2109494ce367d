# The partner register. A certificate is packed as standard~scope~services~expiry; several are separated by "; ".
def code($table): if . == null then null else ($table[.] // .) end;
def day: if . == null then null else split(".") | reverse | join("-") end;
def words($separator): if . == null then [] else split($separator) end;
(."Accepts C/I/A" | words("/") | map(tonumber? // .)) as $accepts
| {
  external_id: .Partner,
  url: ("https://partners.northgate.example/" + .Partner),
  updated_at: ((."Changed On" | day) + "T00:00:00Z"),
  name: ."Legal Name",
  role: (.Relationship | code({
    supplier: "supplier", subcontractor: "supplier", internal: "internal_group",
    customer: "customer", "customer-supplier": "customer_acting_as_supplier"
  })),
  owner: ."Relationship Owner",
  jurisdiction: .Country,
  lead_supplier: ."Lead Partner",
  first_supply_at: (."Supplying Since" | day),
  certificates: (.Certificates | words("; ") | map(split("~") | {
    standard: .[0], scope: .[1], services: (.[2] | words(" ")), expires_at: (.[3] | day)
  })),
  last_review: (."Last Review" | day),
  accepts_confidentiality_risk: $accepts[0],
  accepts_integrity_risk: $accepts[1],
  accepts_availability_risk: $accepts[2]
}
