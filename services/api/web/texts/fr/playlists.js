// La liste des playlists, une playlist, et le formulaire d’ajout.

export default {
  "playlists.title": "Playlists",
  "playlists.caption": "Playlists, de la plus récente à la plus ancienne",
  "playlists.none": "Aucune playlist pour l’instant. Demandez à une personne dont la clé le permet d’en ajouter une.",
  "playlists.none-submit":
    "Aucune playlist pour l’instant. Collez ci-dessus l’adresse d’une playlist, d’une chaîne ou d’une vidéo ; ses " +
    "vidéos seront récupérées, vérifiées et stockées.",
  "playlists.none-in-state": "Aucune playlist n’est dans cet état.",
  "playlists.column-playlist": "Playlist",
  "playlists.column-state": "État",
  "playlists.column-progress": "Progression",
  "playlists.column-stored": "Stockées",
  "playlists.column-left": "Restant",
  "playlists.column-submitted": "Ajoutée",
  "playlists.progress": "{stored} sur {all}, {percent}",
  "playlists.left": "environ {span}",

  "submission.address": "Adresse d’une playlist, d’une chaîne ou d’une vidéo",
  "submission.submit": "Ajouter",
  "submission.submitted": "Ajoutée. L’inventaire est en cours ; les vidéos suivent automatiquement.",
  "submission.other-site":
    "Ajoutée. L’inventaire est en cours. Les sites autres que YouTube ne sont consultés que si SCRAPER_EXTRACTORS " +
    "les autorise ; la page de la playlist affiche le résultat.",
  "submission.listed-recently": "Ajoutée. Elle a été inventoriée récemment ; le prochain inventaire commencera {when}.",
  "submission.options": "Options",
  "submission.profiles": "Profils",
  "submission.profiles-usual": "profils par défaut",
  "submission.profiles-help": "Séparez-les par des virgules : mp3-320, original, flac, wav-16k-mono, opus-96…",
  "submission.limit": "Limite",
  "submission.limit-none": "toutes les vidéos",
  "submission.limit-help": "Nombre maximal de vidéos, dans l’ordre de la source.",
  "submission.priority": "Priorité",
  "submission.priority-normal": "Normale",
  "submission.priority-high": "Haute : avant les autres",

  "playlist.untitled": "Playlist",
  "playlist.panel-progress": "Progression",
  "playlist.panel-reasons": "Non stockées, et pourquoi",
  "playlist.panel-videos": "Vidéos",
  "playlist.panel-players": "Pour les lecteurs audio",
  "playlist.state": "État",
  "playlist.channel": "Chaîne",
  "playlist.submitted": "Ajoutée",
  "playlist.found": "Trouvées",
  "playlist.found-all": {
    one: "{count} entrée dans le dernier inventaire",
    other: "{count} entrées dans le dernier inventaire",
  },
  "playlist.departed": "Retirées de la liste",
  "playlist.departed-of": { one: "{count} vidéo, {when}", other: "{count} vidéos, la dernière {when}" },
  "playlist.found-of": "{found} sur {expected} dans le dernier inventaire",
  "playlist.left-out": "Laissées de côté",
  "playlist.profiles": "Profils",
  "playlist.limit": "Limite",
  "playlist.priority": "Priorité",
  "playlist.priority-high": "Haute",
  "playlist.address": "Adresse",
  "playlist.list-again": "Refaire l’inventaire",
  "playlist.listing": "Inventaire lancé ; seules les nouvelles vidéos seront récupérées.",
  "playlist.listed-recently": "Elle a été inventoriée récemment ; le prochain inventaire commencera {when}.",
  "playlist.no-videos": "Aucune vidéo pour l’instant. Elles apparaîtront au fil de l’inventaire.",
  "playlist.refused": "Elle ne peut pas être inventoriée ; elle n’a donc aucune vidéo.",
  "playlist.progress":
    "Vidéos stockées : {stored} sur {all} ({percent}) ; durée : {hours} sur {found}, {bytes}{mirrored}{left}.",
  "playlist.progress-mirrored": " ; répliquées : {mirrored}",
  "playlist.progress-left": " ; temps restant : environ {span}",
  "playlist.videos-none": "Aucune pour l’instant.",
  "playlist.videos-all": "Toutes ses vidéos",
  "playlist.videos-table": "Afficher sous forme de tableau",

  "reasons.none": "Aucun échec.",
  "reasons.both": "{open}, {abandoned}",
  "reasons.next": "prochaine tentative {when}",
  "reasons.decide": "Relancer ou abandonner les vidéos de cette playlist",

  "ending.abandon": "Abandonner…",
  "ending.abandon-title": "Abandonner cette playlist ?",
  "ending.abandon-text": "« {name} » ne sera plus inventoriée, et ses vidéos non stockées seront abandonnées.",
  "ending.abandon-others":
    "Les enregistrements stockés restent, ainsi que les vidéos d’autres playlists. Ajoutez-la de nouveau pour annuler.",
  "ending.abandon-confirm": "Abandonner la playlist",
  "ending.abandoned": "Abandonnée. Ajoutez-la de nouveau pour annuler.",
  "ending.delete": "Supprimer…",
  "ending.delete-title": "Supprimer cette playlist ?",
  "ending.delete-text": "« {name} » sera retirée de la liste, et ses vidéos non stockées seront abandonnées.",
  "ending.delete-others":
    "Les enregistrements stockés restent, ainsi que les vidéos d’autres playlists. Ajoutez-la de nouveau pour la " +
    "rétablir.",
  "ending.delete-confirm": "Supprimer la playlist",
  "ending.deleted": "Supprimée. Ses enregistrements stockés restent.",

  "players.how":
    "Les lecteurs demandent un nom d’utilisateur, qui peut être quelconque, et un mot de passe : une clé, de " +
    "préférence de portée listen.",
  "players.feed": "Flux de podcast",
  "players.feed-address": "adresse du flux",
  "players.list": "Liste M3U",
  "players.save": "Enregistrer",
};
