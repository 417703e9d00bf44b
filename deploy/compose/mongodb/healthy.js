// The health check of MongoDB: it answers, and the user of the services may sign in.
try {
  const password = encodeURIComponent(process.env.FONOTECA_PASSWORD);
  connect(`mongodb://fonoteca:${password}@127.0.0.1:27017/admin?directConnection=true`).adminCommand({ ping: 1 });
} catch (error) {
  print(`${error.message}. If this says that authentication failed: the volume was made without users, or with another
MONGO_PASSWORD; docs/operating.md, "Users of MongoDB", has the cure.`);
  quit(1);
}
