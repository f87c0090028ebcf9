/** `npm run openapi`: writes docs/openapi.json and docs/json.md from the tables that serve and print. */
import { writeFileSync } from "node:fs";
import { jsonDocs } from "./json-docs.ts";
import { openApiFile } from "./openapi-file.ts";

const docs = new URL("../docs/", import.meta.url);
writeFileSync(new URL("openapi.json", docs), openApiFile());
writeFileSync(new URL("json.md", docs), jsonDocs());
