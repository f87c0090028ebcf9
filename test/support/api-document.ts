/**
 * The OpenAPI document as a running core serves it, and answers held to it: the status, the code of a refusal, the content
 * type and the body have to be what the operation says. Shapes are closed, so a field that is not documented fails, too.
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { isRecord, own } from "../../src/base/json.ts";
import type { Answer, Api } from "./api.ts";

export interface Operation {
  /** `GET /api/flows/{id}` */
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly surfaces: readonly string[];
  readonly changes: boolean;
  readonly hasBody: boolean;
  readonly alsoAt: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly example?: string;
  }[];
}

export interface ApiDocument {
  readonly operations: readonly Operation[];
  /** What is wrong with an answer; empty when it is as documented. */
  problems(key: string, answer: Pick<Answer, "status" | "headers" | "text">): readonly string[];
  /** What is wrong with the data of a server-sent event. */
  eventProblems(key: string, event: string, data: unknown): readonly string[];
  /** Codes of refusals that were seen so far, `operation code`. */
  readonly refused: ReadonlySet<string>;
  /** Operations that were answered with 200 so far. */
  readonly answered: ReadonlySet<string>;
}

export async function openDocument(api: Api): Promise<ApiDocument> {
  const document = await api.get("/api/openapi.json");
  if (!isRecord(document)) throw new Error("the document is no object");
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: "api", ...document });
  const compiled = new Map<string, ValidateFunction>();
  const refused = new Set<string>();
  const answered = new Set<string>();

  /** The schema that stands there, as ajv reads it: it refers to others of the document. */
  function faults(place: readonly string[], value: unknown): readonly string[] {
    const pointer = place.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `api#/${pointer}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(" "),
    );
  }

  function at(place: readonly string[]): unknown {
    return place.reduce<unknown>((value, step) => own(value, step), document);
  }

  /** Where the response stands: in the operation, or where that refers to. */
  function responsePlace(key: string, status: number): readonly string[] | null {
    const [method = "", path = ""] = key.split(" ");
    const place = ["paths", path, method.toLowerCase(), "responses", String(status)];
    const response = at(place);
    const reference = own(response, "$ref");
    if (typeof reference === "string") return reference.slice(2).split("/");
    return response === undefined ? null : place;
  }

  return {
    operations: operationsOf(document),
    refused,
    answered,
    problems(key, { status, headers, text }) {
      const place = responsePlace(key, status);
      if (place === null) return [`${key} answered ${status}, which is not documented: ${text.slice(0, 300)}`];
      const type = (headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
      const content = [...place, "content", type];
      if (at(content) === undefined) return [`${key} answered ${status} with "${type}", which is not documented`];
      if (status === 200) answered.add(key);
      if (type !== "application/json") return [];
      const body: unknown = JSON.parse(text);
      const code = own(own(body, "error"), "code");
      if (typeof code === "string") refused.add(`${key} ${code}`);
      return faults([...content, "schema"], body).map((fault) => `${key} ${status}: ${fault}`);
    },
    eventProblems(key, event, data) {
      const place = responsePlace(key, 200) ?? [];
      const schema = [...place, "content", "text/event-stream", "x-events", event];
      return at(schema) === undefined ? [`${key} sends no "${event}"`] : faults(schema, data);
    },
  };
}

function operationsOf(document: unknown): readonly Operation[] {
  const paths = own(document, "paths");
  if (!isRecord(paths)) throw new Error("the document has no paths");
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(isRecord(methods) ? methods : {}).map(([method, operation]) => {
      // As the document's own tests hold it.
      const read = <Value>(name: string, without: Value): Value =>
        (own(operation, name) as Value | undefined) ?? without;
      return {
        key: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        tag: read<readonly string[]>("tags", [])[0] ?? "",
        surfaces: read<readonly string[]>("x-surfaces", []),
        changes: read("x-changes", false),
        hasBody: read<unknown>("requestBody", null) !== null,
        alsoAt: read<readonly string[]>("x-also-at", []),
        parameters: read<Operation["parameters"]>("parameters", []),
      };
    }),
  );
}
