/** The OpenAPI document for whoever asks: made once, when somebody does. Its generator is loaded then and not before. */
import type { OpenApiDocument, PortContext } from "./route.ts";

export function lazyDocument(version: () => string): PortContext["document"] {
  let made: Promise<OpenApiDocument> | null = null;
  return () => (made ??= import("./openapi.ts").then(({ openApiDocument }) => openApiDocument(version())));
}
