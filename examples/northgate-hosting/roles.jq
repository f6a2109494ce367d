# Who holds which role, what competence it needs, and when that was shown.
def day: if . == null then null else split(".") | reverse | join("-") end;
{
  external_id: ."Role No",
  role: .Role,
  holder: .Holder,
  competence_required: .Needs,
  evidenced_at: (."Shown On" | day),
  expires_at: (."Good Until" | day),
  deputy: ."Stands In",
  made_aware_at: (.Awareness | day)
}
