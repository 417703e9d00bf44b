// Le cadre des pages, la connexion et les réponses de l’API.

export default {
  "api.away": "L’API ne répond pas ; nouvelle tentative…",
  "api.broken-off": "La connexion a été interrompue ; nouvelle tentative…",
  "api.failed": "L’API a échoué avec le statut {status} ; son journal indique pourquoi. Réessayez.",

  "session.ended":
    "Vous avez été déconnecté : la session est terminée, ou la clé a été révoquée ou a expiré. " +
    "Connectez-vous avec une clé valide ; un administrateur peut en créer une.",
  "session.not-kept":
    "La clé est correcte, mais ce navigateur n’a pas conservé la session. Ouvrez cette page en HTTPS ; " +
    "sans HTTPS, définissez API_COOKIE_SECURE=false.",

  "sign-in.title": "Connexion",
  "sign-in.lead": "Des playlists aux archives sonores vérifiées.",
  "sign-in.key": "Clé",
  "sign-in.button": "Se connecter",
  "sign-in.invalid": "Cette clé n’est pas valide. Elle est peut-être mal saisie, révoquée ou expirée.",
  "sign-in.help": "Utilisez la clé de l’API : {setting} dans ses réglages, ou une clé créée avec {command}.",

  "frame.skip": "Aller au contenu",
  "frame.pages": "Pages",
  "frame.keys": "Clés",
  "frame.measurements": "Mesures",
  "frame.notifications": "Notifications",
  "frame.overview": "Aperçu",
  "frame.parked": "Écartés",
  "frame.playlists": "Playlists",
  "frame.problems": "Problèmes",
  "frame.sources": "Sources",
  "frame.videos": "Vidéos",
  "frame.colours": "Couleurs",
  "frame.language": "Langue",
  "frame.session-ends": "Cette session se termine le {when}.",
  "frame.sign-out": "Se déconnecter",

  "live.connecting": "Connexion…",
  "live.live": "En direct",
  "live.off": "Hors ligne",
  "live.reconnecting": "Reconnexion…",

  "allowed.admin": "a tous les droits",
  "allowed.listen": "peut écouter",
  "allowed.read": "peut tout consulter",
  "allowed.submit": "peut ajouter des playlists",

  "theme.dark": "Sombre",
  "theme.light": "Clair",
  "theme.system": "Comme le système",

  "missing.title": "Page introuvable",
  "missing.text": "L’adresse est peut-être mal saisie. {link}.",
  "missing.link": "Aller à l’aperçu",
};
