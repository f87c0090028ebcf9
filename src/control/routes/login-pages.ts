/** Pages on which somebody logs in to Kiro in a browser: made here, opened on the port, looked at until they end. */
import type { ControlRoutes } from "../route.ts";
import { newKiroLogin } from "./accounts.ts";

export const loginPageRoutes = {
  "POST /v0/oauth/kiro/pages": ({ body }, { loginPages }) => loginPages.open(newKiroLogin(body)),
  "GET /v0/oauth/kiro/pages/:id": ({ parameters }, { loginPages }) => loginPages.get(parameters["id"] ?? ""),
  "DELETE /v0/oauth/kiro/pages/:id": async ({ parameters }, { loginPages }) => {
    await loginPages.close(parameters["id"] ?? "");
    return { ok: true };
  },
} satisfies ControlRoutes;
