# The document register. The topics column holds the ids of the topics a document serves, separated by spaces.
def code($table): if . == null then null else ($table[.] // .) end;
def day: if . == null then null else split(".") | reverse | join("-") end;
{
  external_id: .Doc,
  url: ("https://documents.northgate.example/" + .Doc),
  title: .Title,
  type: (.Kind | ascii_downcase),
  version: .Version,
  status: (.Validity | code({Draft: "draft", Valid: "in_force", Superseded: "withdrawn"})),
  owner: .Keeper,
  approved_by: ."Approved By",
  approved_at: (."Approved On" | day),
  next_review: (."Next Review" | day),
  topics: (.Topics | if . == null then [] else split(" ") end)
}
