// Makes the users of MongoDB, or gives them the passwords of .env. MongoDB's image runs it once, on an empty volume. For
// a volume that was made without users, or after the password MONGO_PASSWORD was changed, with the server running:
//   docker compose exec mongo mongosh --nodb --quiet /docker-entrypoint-initdb.d/users.js
const root = process.env.MONGO_INITDB_ROOT_USERNAME;
const name = process.env.FONOTECA_DATABASE;
const admin = connect("mongodb://127.0.0.1:27017/admin?directConnection=true");

function signIn() {
  try {
    admin.auth(root, process.env.MONGO_INITDB_ROOT_PASSWORD);
    return true;
  } catch {
    return false;
  }
}

if (!signIn()) {
  // As long as there is no user at all, MongoDB lets whoever comes from its own host make the first one.
  try {
    admin.createUser({ user: root, pwd: process.env.MONGO_INITDB_ROOT_PASSWORD, roles: ["root"] });
  } catch (error) {
    print(`users: there is a user ${root} with another password than MONGO_ROOT_PASSWORD in .env: ${error.message}`);
    quit(1);
  }
  signIn();
}
// What the services do: read and write one database, make its collections and indexes. They see no other one.
const rights = { pwd: process.env.FONOTECA_PASSWORD, roles: [{ role: "readWrite", db: name }] };
if (admin.getUser("fonoteca") === null) {
  admin.createUser({ user: "fonoteca", ...rights });
} else {
  admin.updateUser("fonoteca", rights);
}
print(`users: fonoteca may read and write the database ${name}, and nothing else`);
