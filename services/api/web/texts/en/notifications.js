// Notifications: endpoints, their deliveries, and open notices.

export default /** @type {const} */ ({
  "notifications.title": "Notifications",
  "notifications.caption": "Endpoints, by name",
  "notifications.what": "An endpoint is a web address, a person or a hook that is told of what happens in the archive.",
  "notifications.none":
    "There is no endpoint yet. Add one to the file NOTIFY_ENDPOINTS_FILE, and restart the notify service; see docs/notifications.md.",
  "notifications.admins": "Endpoints are for administrators.",
  "notifications.column-endpoint": "Endpoint",
  "notifications.column-kind": "Kind",
  "notifications.column-state": "State",
  "notifications.column-last": "Last delivery",
  "notifications.column-told": "Told of",
  "notifications.column-actions": "Actions",
  "notifications.last": "{outcome}, {when}",
  "notifications.never": "none yet",

  "endpoint-state.active": "Active",
  "endpoint-state.disabled": "Disabled",
  "endpoint-state.failing": "Failing",
  "endpoint-state.paused": "Paused",

  "endpoint-kind.hook": "Hook",
  "endpoint-kind.people": "People",
  "endpoint-kind.webhook": "Webhook",

  "endpoint.state": "State",
  "endpoint.kind": "Kind",
  "endpoint.last": "Last delivery",
  "endpoint.failures": "Failed deliveries in a row",
  "endpoint.digest": "New recordings",
  "endpoint.summary": "Summary",
  "endpoint.labels": "Only sources with",
  "endpoint.told": "Told of",
  "endpoint.where": "Address",
  "endpoint.paused": "Paused {when}: {why}. What happens meanwhile is not sent later.",
  "endpoint.disabled":
    "It is disabled in the file of endpoints. Set enabled: true there, and restart the notify service.",
  "endpoint.panel-deliveries": "Deliveries",

  "endpoint-action.test": "Send a test",
  "endpoint-action.test-label": "Send a test to {name}",
  "endpoint-action.resume": "Resume",
  "endpoint-action.resume-label": "Resume {name}",
  "endpoint-action.sent": "A test is on its way to “{name}”. Its deliveries show what becomes of it.",
  "endpoint-action.resumed": "“{name}” is resumed. It is told of what happens from now on.",

  "told.audio.mirrored.v1": "Recording mirrored",
  "told.audio.stored.v1": "Recording stored",
  "told.notice.raised.v1": "Notice",
  "told.source.checked.v1": "Look at a source",
  "told.video.abandoned.v1": "Video abandoned",

  "told-when.at-once": "At once",
  "told-when.never": "Never",

  "notice.audit-violation": "Finding of an audit",
  "notice.egress-blocked": "Blocked egress",
  "notice.new-recordings": "New recordings",
  "notice.person-needed": "Somebody is needed",
  "notice.source-failing": "Failing source",
  "notice.source-silent": "Silent source",
  "notice.summary": "Summary",
  "notice.test": "Test",

  "notices.title": "Open notices",
  "notices.none": "Nothing is going on that people are told of.",
  "notices.since": "{kind}, since {when}",

  "delivery.delivered": "Delivered",
  "delivery.failed": "Failed",
  "delivery.waiting": "To be retried",

  "deliveries.caption": "Deliveries, newest first",
  "deliveries.none": "Nothing was delivered within a month. Send a test to see whether it works.",
  "deliveries.column-event": "Event",
  "deliveries.column-time": "Time",
  "deliveries.column-outcome": "Outcome",
  "deliveries.column-attempts": "Attempts",
  "deliveries.column-status": "Status",
  "deliveries.column-error": "Error",
});
