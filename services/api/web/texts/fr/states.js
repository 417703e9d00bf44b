// Noms des états, des classes d’échec, des files et des événements, et ce qui s’ensuit.

export default {
  "state.abandoned": "Abandonnée",
  "state.queued": "En file d’attente",
  "state.running": "En cours",
  "state.stored": "Stockée",
  "state.waiting": "En attente",

  "meaning.abandoned": "Elle a été abandonnée. Rien ne la relance automatiquement.",
  "meaning.queued": "Elle attend un collecteur.",
  "meaning.running": "Un collecteur la traite.",
  "meaning.stored": "Son enregistrement vérifié est dans le stockage objet.",
  "meaning.waiting": "Une nouvelle tentative est prévue.",

  "playlist-state.accepted": "Acceptée",
  "playlist-state.expanded": "Inventoriée",
  "playlist-state.expanding": "Inventaire en cours",
  "playlist-state.refused": "Refusée",
  "playlist-state.waiting": "En attente du prochain inventaire",

  "following.egress":
    "La source refuse cette sortie réseau. Le collecteur se met en pause et réessaie automatiquement ; " +
    "un rythme plus lent aide.",
  "following.identity": "Les cookies du compte ne sont plus acceptés. Remplacez-les, puis réactivez la sortie réseau.",
  "following.permanent":
    "Indisponible à la source. Les vidéos privées ou réservées aux membres sont revérifiées quelques jours plus " +
    "tard ; les autres sont abandonnées.",
  "following.refused":
    "La source refuse la vidéo alors qu’elle en sert d’autres. Elle est relancée quelques fois, puis abandonnée.",
  "following.storage":
    "Le stockage objet ou un disque n’accepte plus de données. Le travail reprend automatiquement dès qu’il y a de " +
    "la place.",
  "following.tool":
    "Nos outils ne peuvent pas traiter la vidéo. Mettez à jour yt-dlp ou l’outil indiqué, puis relancez.",
  "following.transient":
    "La vidéo est bientôt relancée, à intervalles croissants, puis abandonnée après plusieurs tentatives.",
  "following.wait-until": "La vidéo sera récupérée le moment venu. Aucune action n’est nécessaire.",

  "queue.notify.deliveries": "Envois aux destinataires",
  "queue.notify.events": "Événements à transmettre",
  "queue.probe.measurements": "Mesures à conserver",
  "queue.retry.failures": "Échecs à examiner",
  "queue.scraper.checks": "Consultations à faire",
  "queue.scraper.probes": "Téléchargements à mesurer",
  "queue.probe.answers": "Réponses aux campagnes",
  "queue.scraper.playlists": "Playlists à inventorier",
  "queue.scraper.urgent": "Vidéos urgentes à récupérer",
  "queue.scraper.videos": "Vidéos à récupérer",
  "queue.sync.stored": "Enregistrements à répliquer",
  "queue.watch.checked": "Consultations à noter",

  "event.audio.mirrored.v1": "Répliquée",
  "event.audio.stored.v1": "Stockée",
  "event.playlist.failed.v1": "Inventaire échoué",
  "event.video.abandoned.v1": "Abandonnée",
  "event.video.failed.v1": "Échec",
};
