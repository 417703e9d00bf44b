// Les notifications : destinataires, envois et avis en cours.

export default {
  "notifications.title": "Notifications",
  "notifications.caption": "Destinataires, par nom",
  "notifications.what":
    "Un destinataire est une adresse web, une personne ou une fonction informée de ce qui se passe dans les archives.",
  "notifications.none":
    "Il n’y a aucun destinataire pour l’instant. Ajoutez-en un au fichier NOTIFY_ENDPOINTS_FILE, puis redémarrez le service " +
    "notify ; voir docs/notifications.md.",
  "notifications.admins": "Les destinataires sont réservés aux administrateurs.",
  "notifications.column-endpoint": "Destinataire",
  "notifications.column-kind": "Type",
  "notifications.column-state": "État",
  "notifications.column-last": "Dernier envoi",
  "notifications.column-told": "Informé de",
  "notifications.column-actions": "Actions",
  "notifications.last": "{outcome}, {when}",
  "notifications.never": "aucun",

  "endpoint-state.active": "Actif",
  "endpoint-state.disabled": "Désactivé",
  "endpoint-state.failing": "En échec",
  "endpoint-state.paused": "Suspendu",

  "endpoint-kind.hook": "Fonction",
  "endpoint-kind.people": "Personnes",
  "endpoint-kind.webhook": "Webhook",

  "endpoint.state": "État",
  "endpoint.kind": "Type",
  "endpoint.last": "Dernier envoi",
  "endpoint.failures": "Envois échoués de suite",
  "endpoint.digest": "Nouveaux enregistrements",
  "endpoint.summary": "Bilan",
  "endpoint.labels": "Seulement les sources avec",
  "endpoint.told": "Informé de",
  "endpoint.where": "Adresse",
  "endpoint.paused": "Suspendu {when} : {why}. Ce qui se passe entre-temps ne sera pas envoyé plus tard.",
  "endpoint.disabled":
    "Il est désactivé dans le fichier des destinataires. Mettez-y enabled: true, puis redémarrez le service notify.",
  "endpoint.panel-deliveries": "Envois",

  "endpoint-action.test": "Envoyer un test",
  "endpoint-action.test-label": "Envoyer un test à {name}",
  "endpoint-action.resume": "Reprendre",
  "endpoint-action.resume-label": "Reprendre {name}",
  "endpoint-action.sent": "Un test part vers « {name} ». Ses envois montreront le résultat.",
  "endpoint-action.resumed": "« {name} » est de nouveau informé de ce qui se passe à partir de maintenant.",

  "told.audio.mirrored.v1": "Enregistrement répliqué",
  "told.audio.stored.v1": "Enregistrement stocké",
  "told.notice.raised.v1": "Avis",
  "told.source.checked.v1": "Consultation d’une source",
  "told.video.abandoned.v1": "Vidéo abandonnée",

  "told-when.at-once": "Immédiatement",
  "told-when.never": "Jamais",

  "notice.audit-violation": "Anomalie relevée par un audit",
  "notice.egress-blocked": "Sortie bloquée",
  "notice.new-recordings": "Nouveaux enregistrements",
  "notice.person-needed": "Intervention nécessaire",
  "notice.source-failing": "Source en échec",
  "notice.source-silent": "Source silencieuse",
  "notice.summary": "Bilan",
  "notice.test": "Essai",

  "notices.title": "Avis en cours",
  "notices.none": "Il n’y a rien à signaler en ce moment.",
  "notices.since": "{kind}, depuis le {when}",

  "delivery.delivered": "Livré",
  "delivery.failed": "Échoué",
  "delivery.waiting": "À relancer",

  "deliveries.caption": "Envois, du plus récent au plus ancien",
  "deliveries.none": "Aucun envoi depuis un mois. Envoyez un test pour vérifier le fonctionnement.",
  "deliveries.column-event": "Événement",
  "deliveries.column-time": "Date",
  "deliveries.column-outcome": "Résultat",
  "deliveries.column-attempts": "Tentatives",
  "deliveries.column-status": "Statut",
  "deliveries.column-error": "Erreur",
};
