// Ce que disent plusieurs pages.

export default {
  "element.as-table": "Sous forme de tableau",
  "element.cancel": "Annuler",
  "element.close": "Fermer",
  "element.more": "Afficher plus",
  "element.all": "Tous",
  "element.stop": "Arrêter",
  "element.download": "Télécharger",
  "element.loading": "Chargement…",
  "element.with-detail": "{name} – {detail}",
  "element.listed-again": " · prochain inventaire {when}",

  "copy.button": "Copier",
  "copy.copied": "Copié : {what}.",
  "copy.label": "Copier : {what}",
  "copy.selected": "Sélectionné : {what}. Ctrl+C ou ⌘C pour copier.",

  "count.videos": { one: "{count} vidéo", other: "{count} vidéos" },
  "count.playlists": { one: "{count} playlist", other: "{count} playlists" },
  "count.both": "{videos} et {playlists}",

  "bar.hours": "{stored} stockées sur {found}, {mirrored} répliquées",
};
