/** Tools and pictures that several of the tests use. */

/** A PNG of one dot, in base64. */
export const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export const readTool = {
  name: "read_file",
  description: "Reads a file",
  schema: {
    type: "object",
    properties: { path: { type: "string", description: "Where it is" } },
    required: ["path"],
    additionalProperties: false,
  },
};

export const listTool = { ...readTool, name: "list_folder", description: "Lists a folder" };
