/** Cursor's messages and services as descriptors for an unmodified connect-node client: made from the same schema text. */
import {
  create,
  createFileRegistry,
  type DescMethod,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type FileDescriptorSet,
} from "@bufbuild/protobuf/wkt";
import protobuf from "protobufjs";
import * as descriptors from "protobufjs/ext/descriptor/index.js";
import { cursorProto } from "../../src/engine/formats/cursor/wire/proto.ts";

/** Name → [request, reply, the client streams, the server streams]. */
type Methods = Readonly<Record<string, readonly [string, string, boolean, boolean]>>;

const services: Readonly<Record<string, Methods>> = {
  "agent.v1.AgentService": {
    Run: ["AgentClientMessage", "AgentServerMessage", true, true],
    RunSSE: ["BidiRequestId", "AgentServerMessage", false, true],
    RunPoll: ["BidiPollRequest", "BidiPollResponse", false, true],
  },
  "aiserver.v1.BidiService": {
    BidiAppend: ["BidiAppendRequest", "BidiAppendResponse", false, false],
  },
  "aiserver.v1.ChatService": {
    StreamUnifiedChatWithTools: ["ChatClientMessage", "ChatServerMessage", true, true],
    StreamUnifiedChatWithToolsSSE: ["BidiRequestId", "ChatServerMessage", false, true],
  },
};

let made: FileRegistry | null = null;

function registry(): FileRegistry {
  made ??= createFileRegistry(withServices(withAbsoluteNames(messages())));
  return made;
}

/** protobufjs writes the descriptors; its own types know neither `toDescriptor` nor the module's default. */
interface Describing {
  toDescriptor(edition: string): unknown;
}
interface Encoding {
  readonly FileDescriptorSet: { encode(value: unknown): { finish(): Uint8Array } };
}

function messages(): FileDescriptorSet {
  const { root } = protobuf.parse(cursorProto);
  root.resolveAll();
  const described = (root as unknown as Describing).toDescriptor("proto3");
  const module = descriptors as unknown as Partial<Encoding> & { readonly default?: Encoding };
  const encoding = module.FileDescriptorSet ?? module.default?.FileDescriptorSet;
  if (encoding === undefined) throw new Error("protobufjs has no descriptor extension");
  return fromBinary(FileDescriptorSetSchema, encoding.encode(described).finish());
}

/** protobufjs names types as they stand in the text; a registry wants them from the root. */
function withAbsoluteNames(set: FileDescriptorSet): FileDescriptorSet {
  for (const file of set.file) for (const message of file.messageType) absolute(message, `.${file.package}`);
  return set;
}

function absolute(message: DescriptorProto, scope: string): void {
  const inner = new Set(message.nestedType.map(({ name }) => name));
  for (const field of message.field) {
    if (field.typeName === "" || field.typeName.startsWith(".")) continue;
    field.typeName = inner.has(field.typeName)
      ? `${scope}.${message.name}.${field.typeName}`
      : `.cursorwire.${field.typeName.split(".").pop() ?? ""}`;
  }
  for (const nested of message.nestedType) absolute(nested, `${scope}.${message.name}`);
}

function withServices(set: FileDescriptorSet): FileDescriptorSet {
  const dependency = set.file.map(({ name }) => name);
  for (const [fullName, methods] of Object.entries(services)) {
    const at = fullName.lastIndexOf(".");
    set.file.push(
      create(FileDescriptorProtoSchema, {
        name: `${fullName}.proto`,
        package: fullName.slice(0, at),
        syntax: "proto3",
        dependency,
        service: [
          {
            name: fullName.slice(at + 1),
            method: Object.entries(methods).map(([name, [input, output, clientStreaming, serverStreaming]]) => ({
              name,
              inputType: `.cursorwire.${input}`,
              outputType: `.cursorwire.${output}`,
              clientStreaming,
              serverStreaming,
            })),
          },
        ],
      }),
    );
  }
  return set;
}

function cursorService(name: string): DescService {
  const found = registry().getService(name);
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

export function cursorMethod(service: string, name: string): DescMethod {
  const found = cursorService(service).methods.find((method) => method.name === name);
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}
