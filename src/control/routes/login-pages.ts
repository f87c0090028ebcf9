/** Pages on which somebody logs in to Kiro in a browser: made here, opened on the port, looked at until they end. */
import * as v from "valibot";
import { type ControlRoutes, socketRoute } from "../route.ts";
import { loginPage, newKiroLogin, openedLoginPage } from "../schemas/accounts.ts";
import { done, okReply } from "./accounts.ts";

const ofPage = { id: "The page's id, as its beginning told it." } as const;

export const loginPageRoutes = {
  "POST /v0/oauth/kiro/pages": socketRoute({
    tag: "logins",
    summary: "Make a page on the port on which somebody logs in to Kiro",
    description: "`method` and what belongs to it are only proposed there. The link opens the page once.",
    body: v.optional(newKiroLogin, {}),
    reply: openedLoginPage,
    refusals: ["invalid", "conflict", "unavailable"],
    changes: true,
  }).handle(({ body }, { loginPages }) => loginPages.open(body)),
  "GET /v0/oauth/kiro/pages/:id": socketRoute({
    tag: "logins",
    summary: "How far a page is",
    parameters: ofPage,
    reply: loginPage,
    refusals: ["not-found"],
    changes: false,
  }).handle(({ parameters }, { loginPages }) => loginPages.get(parameters.id)),
  "DELETE /v0/oauth/kiro/pages/:id": socketRoute({
    tag: "logins",
    summary: "Take a page back, and the login that runs in it",
    parameters: ofPage,
    reply: okReply,
    refusals: ["not-found"],
    changes: true,
  }).handle(({ parameters }, { loginPages }) => done(loginPages.close(parameters.id))),
} satisfies ControlRoutes;
