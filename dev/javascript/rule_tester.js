// ESLint's tester of rules, for tests/web: packages are installed beside this file alone.

export { RuleTester } from "eslint";
