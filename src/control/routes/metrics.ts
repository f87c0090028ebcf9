/** The core's figures: as JSON, or as text for Prometheus where that is asked for. */
import type { ServerResponse } from "node:http";
import { answered, ControlRefusal, type ControlRoutes } from "../route.ts";

export const metricsRoutes = {
  "GET /api/metrics": async ({ url, incoming, outgoing }, { controls }) => {
    if (!wantsText(url, incoming.headers.accept ?? "")) return controls.metrics();
    sendText(outgoing, await controls.metricsText());
    return answered;
  },
} satisfies ControlRoutes;

/** Of Prometheus's text format, version 0.0.4. */
export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

function wantsText(url: URL, accept: string): boolean {
  const format = url.searchParams.get("format");
  if (format === null) return /\btext\/plain\b|\bapplication\/openmetrics-text\b/i.test(accept);
  if (format === "prometheus" || format === "json") return format === "prometheus";
  throw new ControlRefusal(400, "format", "format is json or prometheus");
}

function sendText(outgoing: ServerResponse, text: string): void {
  const body = Buffer.from(text);
  outgoing.writeHead(200, { "content-type": metricsContentType, "content-length": body.byteLength });
  outgoing.end(body);
}
