/** The core itself: how it is, its verbs. */
import type { ControlRoutes } from "../route.ts";

export const statusRoutes = {
  "GET /api/status": ({ url }, { controls, status }) => {
    if (url.searchParams.get("secrets") !== "1") return status();
    const { proxyToken, clientKey, adminToken } = controls.secrets();
    // The one place where the control API reveals them: the socket's owner asked by name.
    return {
      ...status(),
      proxyToken: proxyToken.reveal(),
      clientKey: clientKey.reveal(),
      adminToken: adminToken.reveal(),
    };
  },
  "POST /api/reload": (_request, { controls }) => controls.reload(),
  "POST /api/ca/rotate": (_request, { controls }) => controls.rotateCa(),
  "POST /api/stop": ({ outgoing }, { controls }) => {
    // The answer leaves before the core takes its sockets down.
    outgoing.once("finish", () => controls.stop());
    return { stopping: true };
  },
} satisfies ControlRoutes;
