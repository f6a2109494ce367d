# A ticket of NAME. A field that is null is empty in the source; one that is left out cannot be supplied by it.
{
  external_id: .id,
  url: "\($source.url)/tickets/\(.id)",
  updated_at: .changed,
  title: .title,
  type: (.type // "incident"),
  state: {"new": "open", "working": "in_progress", "done": "closed"}[.status],
  # A time without an offset: `.opened | to_utc("%Y-%m-%d %H:%M:%S"; $source.time_zone)`.
  opened_at: .opened,
  owner: .owner,
  relations: {affects: [.items[]? | "configuration_item/\(.)"]}
}
