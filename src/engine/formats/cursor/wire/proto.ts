/**
 * What Cursor speaks, as far as this program reads or writes it. Field numbers are facts of public captures and schemas
 * (2026-11, docs/formats/cursor.md); names are ours. `Chat*` is the older `aiserver.v1.ChatService`, `Agent*` is
 * `agent.v1.AgentService`. Every message may carry fields that are not listed.
 */
export const cursorProto = `
// Wire schema for Cursor traffic, written for this project.
// Names are ours where they clash between the two Cursor packages; field numbers are facts.
//   Chat*   = package aiserver.v1 (ChatService, the older IDE protocol)
//   Agent*  = package agent.v1    (AgentService, what current Cursor IDE and cursor-agent use)
// RPC paths are not derived from this file; see the report.
// Every message may carry fields that are not listed: decoders must skip them and
// pass-through must work on the original bytes, not on a re-encoded message.
syntax = "proto3";
package cursorwire;

// ---------------------------------------------------------------- shared

message Empty {}

// same wire shape as google.protobuf.Value / Struct / ListValue
message JsonValue {
  oneof kind {
    int32 null_value = 1;
    double number_value = 2;
    string string_value = 3;
    bool bool_value = 4;
    JsonObject struct_value = 5;
    JsonList list_value = 6;
  }
}
message JsonObject { map<string, JsonValue> fields = 1; }
message JsonList { repeated JsonValue values = 1; }

message SpanContext {
  string trace_id = 1;
  string span_id = 2;
  optional uint32 trace_flags = 3;
  optional string trace_state = 4;
}

// ---------------------------------------------------------------- HTTP/1.1 shim (aiserver.v1.BidiService)

message BidiRequestId { string request_id = 1; }
message BidiAppendRequest {
  string data = 1;              // lower-case hex of one serialized client message
  BidiRequestId request_id = 2;
  int64 append_seqno = 3;       // 0, 1, 2 ...
  bytes data_binary = 4;        // raw bytes variant, newer clients, may come with or without data
}
message BidiAppendResponse {}
message BidiPollRequest {
  BidiRequestId request_id = 1;
  optional bool start_request = 2;
}
message BidiPollResponse {
  int64 seqno = 1;
  string data = 2;
  optional bool eof = 3;
}

// ---------------------------------------------------------------- errors (aiserver.v1.ErrorDetails)

enum CursorErrorCode {
  ERROR_UNSPECIFIED = 0;
  ERROR_BAD_API_KEY = 1;
  ERROR_NOT_LOGGED_IN = 2;
  ERROR_INVALID_AUTH_ID = 3;
  ERROR_NOT_HIGH_ENOUGH_PERMISSIONS = 4;
  ERROR_BAD_MODEL_NAME = 5;
  ERROR_USER_NOT_FOUND = 6;
  ERROR_FREE_USER_RATE_LIMIT_EXCEEDED = 7;
  ERROR_PRO_USER_RATE_LIMIT_EXCEEDED = 8;
  ERROR_FREE_USER_USAGE_LIMIT = 9;
  ERROR_PRO_USER_USAGE_LIMIT = 10;
  ERROR_AUTH_TOKEN_NOT_FOUND = 11;
  ERROR_AUTH_TOKEN_EXPIRED = 12;
  ERROR_OPENAI = 13;
  ERROR_OPENAI_RATE_LIMIT_EXCEEDED = 14;
  ERROR_OPENAI_ACCOUNT_LIMIT_EXCEEDED = 15;
  ERROR_TASK_UUID_NOT_FOUND = 16;
  ERROR_TASK_NO_PERMISSIONS = 17;
  ERROR_AGENT_REQUIRES_LOGIN = 18;
  ERROR_AGENT_ENGINE_NOT_FOUND = 19;
  ERROR_MAX_TOKENS = 20;
  ERROR_USER_ABORTED_REQUEST = 21;
  ERROR_GENERIC_RATE_LIMIT_EXCEEDED = 22;
  ERROR_PRO_USER_ONLY = 23;
  ERROR_API_KEY_NOT_SUPPORTED = 24;
  ERROR_TIMEOUT = 25;
  ERROR_SLASH_EDIT_FILE_TOO_LONG = 26;
  ERROR_FILE_UNSUPPORTED = 27;
  ERROR_GPT_4_VISION_PREVIEW_RATE_LIMIT = 28;
  ERROR_CUSTOM_MESSAGE = 29;
  ERROR_OUTDATED_CLIENT = 30;
  ERROR_CLAUDE_IMAGE_TOO_LARGE = 31;
  ERROR_GITGRAPH_NOT_FOUND = 32;
  ERROR_FILE_NOT_FOUND = 33;
  ERROR_API_KEY_RATE_LIMIT = 34;
  ERROR_DEBOUNCED = 35;
  ERROR_BAD_REQUEST = 36;
  ERROR_REPOSITORY_SERVICE_REPOSITORY_IS_NOT_INITIALIZED = 37;
  ERROR_UNAUTHORIZED = 38;
  ERROR_NOT_FOUND = 39;
  ERROR_DEPRECATED = 40;
  ERROR_RESOURCE_EXHAUSTED = 41;
  ERROR_BAD_USER_API_KEY = 42;
  ERROR_CONVERSATION_TOO_LONG = 43;
  ERROR_USAGE_PRICING_REQUIRED = 44;
  ERROR_USAGE_PRICING_REQUIRED_CHANGEABLE = 45;
  ERROR_GITHUB_NO_USER_CREDENTIALS = 46;
  ERROR_GITHUB_USER_NO_ACCESS = 47;
  ERROR_GITHUB_APP_NO_ACCESS = 48;
  ERROR_GITHUB_MULTIPLE_OWNERS = 49;
  ERROR_RATE_LIMITED = 50;
  ERROR_RATE_LIMITED_CHANGEABLE = 51;
  ERROR_CUSTOM = 52;
  ERROR_HOOKS_BLOCKED = 53;
  ERROR_SUSPICIOUS_USAGE_BLOCKED = 54;
  ERROR_EXTENSION_HOST_TIMEOUT = 55;
}
message ErrorDetails {
  CursorErrorCode error = 1;
  CustomErrorDetails details = 2;
  optional bool is_expected = 3;
}
message CustomErrorDetails {
  string title = 1;
  string detail = 2;
  optional bool allow_command_links = 3;
  optional bool is_retryable = 4;
  optional bool show_request_id = 5;
  optional bool should_show_immediate_error = 6;
  map<string, string> additional_info = 7;
}

// ---------------------------------------------------------------- aiserver.v1: models, config

message AvailableModelsRequest {
  bool is_nightly = 1;
  bool include_long_context_models = 2;
  bool exclude_max_named_models = 3;
  repeated string additional_model_names = 4;
  optional bool use_model_parameters = 5;
  optional bool include_hidden_models = 6;
  optional bool do_not_use_markdown = 7;
}
message AvailableModelsResponse {
  repeated string model_names = 1;
  repeated AvailableModel models = 2;
  optional FeatureModelConfig composer_model_config = 4;
  optional FeatureModelConfig cmd_k_model_config = 5;
  optional FeatureModelConfig background_composer_model_config = 6;
  optional FeatureModelConfig plan_execution_model_config = 7;
  optional FeatureModelConfig spec_model_config = 8;
  optional FeatureModelConfig deep_search_model_config = 9;
  optional FeatureModelConfig quick_agent_model_config = 10;
  bool use_model_parameters = 11;
}
message FeatureModelConfig {
  string default_model = 1;
  repeated string fallback_models = 2;
  repeated string best_of_n_default_models = 3;
}
message AvailableModel {
  string name = 1;
  bool default_on = 2;
  optional bool is_long_context_only = 3;
  optional bool is_chat_only = 4;
  optional bool supports_agent = 5;
  optional int32 degradation_status = 6;   // 0 none, 1 degraded, 2 disabled
  optional double price = 7;
  optional bool supports_thinking = 9;
  optional bool supports_images = 10;
  optional bool supports_auto_context = 11;
  optional int32 auto_context_max_tokens = 12;
  optional int32 auto_context_extended_max_tokens = 13;
  optional bool supports_max_mode = 14;
  optional int32 context_token_limit = 15;
  optional int32 context_token_limit_for_max_mode = 16;
  optional string client_display_name = 17;
  optional string server_model_name = 18;
  optional bool supports_non_max_mode = 19;
  optional bool supports_plan_mode = 22;
  optional bool is_user_added = 23;
  optional string inputbox_short_model_name = 24;
  optional bool supports_sandboxing = 25;
  optional bool supports_cmd_k = 26;
  repeated ModelVariant variants = 30;
}
message ModelVariant {
  repeated AgentModelParameter parameter_values = 1;
  string display_name = 2;
  bool is_max_mode = 3;
  optional bool is_default_max_config = 4;
  optional bool is_default_non_max_config = 5;
}
message ServerConfigResponse {
  string config_version = 6;
  int32 http2_config = 7;       // 0 unspecified 1 all off 2 all on 3 bidi off 4 bidi on
  AgentUrlConfig agent_url_config = 27;
}
message AgentUrlConfig {
  string agent_url = 1;         // privacy (ghost) mode on
  string agentn_url = 2;        // privacy mode off
}

// ---------------------------------------------------------------- aiserver.v1.ChatService, client -> server

message ChatClientMessage {                     // StreamUnifiedChatRequestWithTools
  oneof request {
    ChatRequest chat_request = 1;
    ChatToolResult tool_result = 2;             // ClientSideToolV2Result
  }
}
message ChatClientMessageIdempotent {           // ...WithToolsIdempotent
  oneof request {
    ChatClientMessage client_chunk = 1;
    Empty abort = 2;
    Empty close = 3;
  }
  optional string idempotency_key = 4;
  optional uint32 seqno = 5;
}

enum ChatMode {
  CHAT_MODE_UNSPECIFIED = 0;
  CHAT_MODE_CHAT = 1;
  CHAT_MODE_AGENT = 2;
  CHAT_MODE_EDIT = 3;
  CHAT_MODE_CUSTOM = 4;
  CHAT_MODE_PLAN = 5;
  CHAT_MODE_DEBUG = 6;
}
enum ChatThinkingLevel {
  CHAT_THINKING_UNSPECIFIED = 0;
  CHAT_THINKING_MEDIUM = 1;
  CHAT_THINKING_HIGH = 2;
}
enum ChatRole {
  CHAT_ROLE_UNSPECIFIED = 0;
  CHAT_ROLE_HUMAN = 1;
  CHAT_ROLE_AI = 2;
}

message ChatRequest {                           // StreamUnifiedChatRequest
  repeated ChatMessage conversation = 1;
  optional bool allow_long_file_scan = 2;
  ChatExplicitContext explicit_context = 3;
  optional bool can_handle_filenames_after_language_ids = 4;
  ChatModelDetails model_details = 5;
  repeated string documentation_identifiers = 7;
  optional string use_web = 8;
  optional ChatMessage project_context = 10;
  optional bool compress_edits = 12;
  optional bool should_cache = 13;
  ChatCurrentFile current_file = 15;
  optional bool use_reference_composer_diff_prompt = 17;
  optional bool use_new_compression_scheme = 19;
  bool is_chat = 22;
  string conversation_id = 23;
  ChatEnvironment environment_info = 26;
  bool is_agentic = 27;
  optional ChatSummary conversation_summary = 28;
  repeated int32 supported_tools = 29;          // packed ClientSideToolV2
  repeated ChatMessageHeader full_conversation_headers_only = 30;
  bool enable_yolo_mode = 31;
  string yolo_prompt = 32;
  bool use_unified_chat_prompt = 33;
  repeated ChatMcpTool mcp_tools = 34;
  optional bool use_full_inputs_context = 35;
  optional bool is_resume = 36;
  optional bool allow_model_fallbacks = 37;
  optional int32 number_of_times_shown_fallback_model_warning = 38;
  bool is_headless = 45;
  optional ChatMode unified_mode = 46;
  repeated int32 tools_requiring_accepted_return = 47;
  optional bool should_disable_tools = 48;
  optional ChatThinkingLevel thinking_level = 49;
  optional bool should_use_chat_prompt = 50;
  optional bool uses_rules = 51;
  optional bool mode_uses_auto_apply = 53;
  optional string unified_mode_name = 54;
  bool is_background_composer = 68;
  string replying_to_request_id = 72;
  optional string custom_planning_instructions = 84;
}
message ChatMessageHeader {
  string bubble_id = 1;
  optional string server_bubble_id = 2;
  ChatRole type = 3;
}
message ChatExplicitContext {
  string context = 1;
  optional string repo_context = 2;
  repeated ChatRule rules = 3;
  optional string mode_specific_context = 4;
  repeated ChatMcpInstructions mcp_instructions = 5;
}
message ChatRule {
  string name = 1;
  string description = 2;
  optional string body = 3;
  optional bool is_from_glob = 4;
  optional bool always_apply = 5;
  optional string full_path = 7;
}
message ChatMcpInstructions {
  string server_name = 1;
  string server_identifier = 2;
  string instructions = 3;
}
message ChatModelDetails {
  optional string model_name = 1;
  optional string api_key = 2;
  optional bool enable_ghost_mode = 3;
  optional ChatAzureState azure_state = 4;
  optional bool enable_slow_pool = 5;
  optional string openai_api_base_url = 6;
  optional ChatBedrockState bedrock_state = 7;
  optional bool max_mode = 8;
}
message ChatAzureState {
  string api_key = 1;
  string base_url = 2;
  string deployment = 3;
  bool use_azure = 4;
}
message ChatBedrockState {
  string access_key = 1;
  string secret_key = 2;
  string region = 3;
  bool use_bedrock = 4;
  string session_token = 5;
}
message ChatCurrentFile {
  string relative_workspace_path = 1;
  string contents = 2;
  string language_id = 5;
  int32 total_number_of_lines = 8;
  int32 contents_start_at_line = 9;
  string workspace_root_path = 19;
}
message ChatEnvironment {
  optional string exthost_platform = 1;
  optional string exthost_arch = 2;
  optional string exthost_release = 3;
  optional string exthost_shell = 4;
  optional string local_timestamp = 5;
  repeated string workspace_uris = 6;
  optional string cursor_version = 7;
  optional bool is_remote = 8;
  optional string local_os_type = 9;
  optional string home_directory = 10;
  optional string local_timezone = 11;
}
message ChatMcpTool {                           // MCPParams.Tool
  string name = 1;
  string description = 2;
  string parameters = 3;                        // request: JSON schema text; call: JSON arguments text
  string server_name = 4;
}
message ChatMessage {                           // ConversationMessage
  string text = 1;
  ChatRole type = 2;
  repeated ChatCodeChunk attached_code_chunks = 3;
  repeated ChatImage images = 10;
  repeated string attached_folders = 11;
  string bubble_id = 13;
  repeated string relevant_files = 17;
  repeated ChatMessageToolResult tool_results = 18;
  bool is_agentic = 29;
  optional ChatSummary conversation_summary = 31;
  optional string server_bubble_id = 32;
  repeated ChatRule cursor_rules = 43;
  optional ChatThinking thinking = 45;
  repeated ChatThinking all_thinking_blocks = 46;
  optional ChatMode unified_mode = 47;
  optional string usage_uuid = 50;
  repeated int32 supported_tools = 51;
  optional string rich_text = 57;
  optional bool use_web = 63;
  optional int32 thinking_duration_ms = 65;
  string request_id = 74;
  string created_at = 78;
  ChatModelInfo model_info = 79;
  optional int32 thinking_style = 85;
  optional bytes text_blob_id = 89;
  optional bytes rich_text_blob_id = 90;
}
message ChatModelInfo { string model_name = 1; }
message ChatCodeChunk {
  string relative_workspace_path = 1;
  int32 start_line_number = 2;
  repeated string lines = 3;
  optional int32 summarization_strategy = 4;
  string language_identifier = 5;
  optional int32 intent = 6;
}
message ChatImage {                             // ImageProto
  bytes data = 1;
  ChatDimension dimension = 2;
  string uuid = 3;
  optional string task_specific_description = 4;
}
message ChatDimension {
  int32 width = 1;
  int32 height = 2;
}
message ChatThinking {
  string text = 1;
  string signature = 2;
  string redacted_thinking = 3;
  bool is_last_thinking_chunk = 4;
}
message ChatSummary {
  string summary = 1;
  string truncation_last_bubble_id_inclusive = 2;
  string client_should_start_sending_from_inclusive_bubble_id = 3;
  string previous_conversation_summary_bubble_id = 4;
  bool includes_tool_results = 5;
  string strategy = 6;
}
message ChatMessageToolResult {                 // ConversationMessage.ToolResult
  string tool_call_id = 1;
  string tool_name = 2;
  uint32 tool_index = 3;
  string args = 4;
  string raw_args = 5;
  repeated ChatCodeChunk attached_code_chunks = 6;
  optional string content = 7;
  ChatToolResult result = 8;
  optional ChatToolError error = 9;
  repeated ChatImage images = 10;
  optional ChatToolCall tool_call = 11;
  optional string model_call_id = 12;
}
message ChatToolError {
  string client_visible_error_message = 1;
  string model_visible_error_message = 2;
}
message ChatMcpResult {
  string selected_tool = 1;
  string result = 2;
}
message ChatMcpParams {
  repeated ChatMcpTool tools = 1;
  optional int64 file_output_threshold_bytes = 2;
}
message ChatToolResult {                        // ClientSideToolV2Result; other result kinds are skipped
  int32 tool = 1;                               // ClientSideToolV2; 19 = MCP
  optional ChatToolError error = 8;
  ChatMcpResult mcp_result = 28;
  string tool_call_id = 35;
  optional string model_call_id = 48;
  optional uint32 tool_index = 49;
}

// ---------------------------------------------------------------- aiserver.v1.ChatService, server -> client

message ChatServerMessage {                     // StreamUnifiedChatResponseWithTools
  oneof response {
    ChatToolCall tool_call = 1;
    ChatResponse chat_response = 2;
    ChatSummary conversation_summary = 3;
    ChatUserRules user_rules = 4;
    ChatStreamStart stream_start = 5;
  }
  optional SpanContext tracing_context = 6;
  string event_id = 7;
}
message ChatServerMessageIdempotent {
  oneof response {
    ChatServerMessage server_chunk = 1;
    ChatWelcome welcome_message = 3;
    uint32 seqno_ack = 4;
  }
}
message ChatWelcome {
  string message = 1;
  bool is_degraded_mode = 2;
}
message ChatStreamStart { string padding = 1; }
message ChatUserRules { repeated ChatKnowledge rules = 1; }
message ChatKnowledge {
  string title = 1;
  string knowledge = 2;
  string knowledge_id = 3;
  bool is_generated = 4;
}
message ChatToolCall {                          // ClientSideToolV2Call; other params kinds are skipped
  int32 tool = 1;
  string tool_call_id = 3;
  optional double timeout_ms = 6;
  string name = 9;
  string raw_args = 10;
  bool is_streaming = 14;
  bool is_last_message = 15;
  ChatMcpParams mcp_params = 27;
  optional uint32 tool_index = 48;
  optional string model_call_id = 49;
  bool internal = 51;
}
message ChatResponse {                          // StreamUnifiedChatResponse
  string text = 1;
  optional string debugging_only_chat_prompt = 2;
  optional int32 debugging_only_token_count = 3;
  optional string filled_prompt = 5;
  optional bool is_big_file = 6;
  optional string intermediate_text = 7;
  optional bool is_using_slow_request = 10;
  optional ChatStreamedToolCall tool_call = 13;
  optional bool should_break_ai_message = 14;
  optional ChatPartialToolCall partial_tool_call = 15;
  optional ChatFinalToolResult final_tool_result = 16;
  optional ChatSummary conversation_summary = 18;
  optional ChatServiceStatus service_status_update = 20;
  optional string server_bubble_id = 22;
  optional ChatThinking thinking = 25;
  optional string usage_uuid = 27;
  optional ChatContextWindow context_window_status = 30;
  optional bool parallel_tool_calls_complete = 32;
  optional string model_provider_request_json = 35;
  optional ChatStreamedToolCallV2 tool_call_v2 = 36;
  optional int32 thinking_style = 37;
}
message ChatServiceStatus {
  string message = 1;
  string codicon = 2;
}
message ChatContextWindow {
  int32 percentage_remaining = 1;
  optional int32 tokens_used = 2;
  optional int32 token_limit = 3;
  optional float percentage_remaining_float = 4;
}
message ChatPartialToolCall {
  int32 tool = 1;
  string tool_call_id = 2;
  string name = 3;
  optional uint32 tool_index = 4;
  optional string model_call_id = 5;
}
message ChatFinalToolResult {
  string tool_call_id = 1;
  ChatToolResult result = 2;
}
message ChatStreamedToolCall {                  // v1: raw_args is 9
  int32 tool = 1;
  string tool_call_id = 2;
  string name = 8;
  string raw_args = 9;
  optional ChatToolError error = 10;
  ChatMcpParams mcp_stream = 29;
  optional uint32 tool_index = 50;
  optional string model_call_id = 51;
}
message ChatStreamedToolCallV2 {                // v2: raw_args is 10
  int32 tool = 1;
  string tool_call_id = 2;
  string name = 8;
  string raw_args = 10;
  optional ChatToolError error = 11;
  ChatMcpParams mcp_params = 27;
  optional uint32 tool_index = 50;
  optional string model_call_id = 51;
}

// ---------------------------------------------------------------- agent.v1.AgentService, client -> server

message AgentClientMessage {
  oneof message {
    AgentRunRequest run_request = 1;
    AgentExecResult exec_client_message = 2;
    AgentKvResult kv_client_message = 3;
    AgentAction conversation_action = 4;
    AgentExecClientControl exec_client_control_message = 5;
    AgentInteractionResponse interaction_response = 6;
    Empty client_heartbeat = 7;
    AgentPrewarm prewarm_request = 8;
  }
}
enum AgentMode {
  AGENT_MODE_UNSPECIFIED = 0;
  AGENT_MODE_AGENT = 1;
  AGENT_MODE_ASK = 2;
  AGENT_MODE_PLAN = 3;
  AGENT_MODE_DEBUG = 4;
  AGENT_MODE_TRIAGE = 5;
  AGENT_MODE_PROJECT = 6;
  AGENT_MODE_MULTITASK = 7;
  AGENT_MODE_CUSTOM = 8;
}
message AgentRunRequest {
  AgentConversationState conversation_state = 1;
  AgentAction action = 2;
  AgentModelDetails model_details = 3;
  AgentMcpTools mcp_tools = 4;
  optional string conversation_id = 5;
  optional AgentMcpFileSystem mcp_file_system_options = 6;
  optional string custom_system_prompt = 8;
  optional AgentRequestedModel requested_model = 9;
  optional bool suggest_next_prompt = 10;
  optional string subagent_type_name = 11;
  optional bool exclude_workspace_context = 12;
  optional string harness = 13;
  repeated AgentRequestedModel selected_subagent_models = 14;
  optional string conversation_group_id = 16;
  repeated AgentPreFetchedBlob pre_fetched_blobs = 17;
  optional bool client_supports_inline_images = 19;
  optional string run_id = 25;
  optional string agent_session_id = 26;
}
message AgentPrewarm {
  AgentModelDetails model_details = 1;
  optional string conversation_id = 2;
  AgentConversationState conversation_state = 3;
  AgentMcpTools mcp_tools = 4;
  optional string custom_system_prompt = 8;
  optional AgentRequestedModel requested_model = 9;
}
message AgentPreFetchedBlob {
  bytes id = 1;
  bytes value = 2;
}
message AgentModelDetails {
  string model_id = 1;
  optional Empty thinking_details = 2;
  string display_model_id = 3;
  string display_name = 4;
  string display_name_short = 5;
  repeated string aliases = 6;
  optional bool max_mode = 7;
  optional AgentApiKey api_key_credentials = 8;
}
message AgentApiKey {
  string api_key = 1;
  optional string base_url = 2;
}
message AgentRequestedModel {
  string model_id = 1;
  bool max_mode = 2;
  repeated AgentModelParameter parameters = 3;
  optional AgentApiKey api_key_credentials = 4;
  bool built_in_model = 7;
  bool is_variant_string_representation = 8;
}
message AgentModelParameter {
  string id = 1;
  string value = 2;
}
message AgentUsableModelsRequest { repeated string custom_model_ids = 1; }
message AgentUsableModelsResponse { repeated AgentModelDetails models = 1; }
message AgentDefaultModelResponse { AgentModelDetails model = 1; }

message AgentMcpTools { repeated AgentMcpToolDefinition mcp_tools = 1; }
message AgentMcpToolDefinition {
  string name = 1;
  string description = 2;
  JsonValue input_schema = 3;
  string provider_identifier = 4;
  string tool_name = 5;
  optional string input_schema_json = 6;
}
message AgentMcpFileSystem {
  bool enabled = 1;
  string workspace_project_dir = 2;
  repeated AgentMcpDescriptor mcp_descriptors = 3;
}
message AgentMcpDescriptor {
  string server_name = 1;
  string server_identifier = 2;
  optional string folder_path = 3;
  optional string server_use_instructions = 4;
}

message AgentAction {                           // ConversationAction
  oneof action {
    AgentUserMessageAction user_message_action = 1;
    AgentResumeAction resume_action = 2;
    AgentCancelAction cancel_action = 3;
    Empty summarize_action = 4;
  }
  optional AgentRequestContextParts request_context_parts = 17;
}
message AgentUserMessageAction {
  AgentUserMessage user_message = 1;
  AgentRequestContext request_context = 2;
  optional bool send_to_interaction_listener = 3;
  repeated AgentUserMessage prepend_user_messages = 4;
  optional AgentHistory conversation_history = 7;
}
message AgentResumeAction { AgentRequestContext request_context = 2; }
message AgentCancelAction { string reason = 1; }
message AgentRequestContextParts {              // numbers unverified: keep raw, see the report
}
message AgentUserMessage {
  string text = 1;
  string message_id = 2;
  optional AgentSelectedContext selected_context = 3;
  AgentMode mode = 4;
  optional bool is_simulated_msg = 5;
  optional string rich_text = 8;
  bytes conversation_state_blob_id = 10;
  optional bytes text_blob_id = 18;
  optional bytes rich_text_blob_id = 19;
}
message AgentSelectedContext {
  repeated AgentImage selected_images = 1;
  repeated string extra_context = 3;
  repeated AgentSelectedFile files = 4;
  repeated AgentSelectedFile code_selections = 5;
}
message AgentSelectedFile {
  string content = 1;
  string path = 2;
  optional string relative_path = 3;
}
message AgentImage {
  oneof data_or_blob_id {
    bytes blob_id = 1;
    bytes data = 8;
    AgentBlobWithData blob_id_with_data = 9;
  }
  string uuid = 2;
  string path = 3;
  ChatDimension dimension = 4;
  string mime_type = 7;
}
message AgentBlobWithData {
  bytes blob_id = 1;
  bytes data = 2;
}
// inline transcript, needs no blob store (single source)
message AgentHistory {
  repeated AgentHistoryMessage messages = 1;
  optional bool replace_user_info = 2;
}
message AgentHistoryMessage {
  oneof message {
    AgentHistoryUser user = 1;
    AgentHistoryAssistant assistant = 2;
    AgentHistoryTool tool = 3;
  }
}
message AgentHistoryUser { repeated AgentHistoryUserContent content = 1; }
message AgentHistoryUserContent {
  oneof content {
    AgentText text = 1;
    AgentHistoryImage image = 2;
  }
}
message AgentHistoryImage {
  string data = 1;
  optional string mime_type = 2;
}
message AgentHistoryAssistant { repeated AgentHistoryAssistantContent content = 1; }
message AgentHistoryAssistantContent {
  oneof content {
    AgentText text = 1;
    AgentHistoryReasoning reasoning = 2;
    AgentHistoryRedacted redacted_reasoning = 3;
    AgentHistoryToolCall tool_call = 4;
  }
}
message AgentHistoryReasoning {
  string text = 1;
  optional string signature = 2;
}
message AgentHistoryRedacted { string data = 1; }
message AgentHistoryToolCall {
  string tool_call_id = 1;
  string tool_name = 2;
  string args_json = 3;
}
message AgentHistoryTool {
  string tool_call_id = 1;
  string tool_name = 2;
  repeated AgentHistoryToolContent content = 3;
  optional bool is_error = 4;
}
message AgentHistoryToolContent {
  oneof content {
    AgentText text = 1;
    AgentHistoryImage image = 2;
  }
}
message AgentText { string text = 1; }

message AgentRequestContext {
  repeated AgentRule rules = 2;
  AgentEnv env = 4;
  repeated AgentMcpToolDefinition tools = 7;
  repeated AgentGitRepo git_repos = 11;
  repeated AgentMcpInstructions mcp_instructions = 14;
  optional string cloud_rule = 16;
  optional bool web_search_enabled = 17;
  map<string, string> file_contents = 20;
  optional AgentMcpFileSystem mcp_file_system_options = 23;
  optional bool web_fetch_enabled = 24;
}
message AgentRule {
  string full_path = 1;
  string content = 2;
}
message AgentMcpInstructions {
  string server_name = 1;
  string instructions = 2;
}
message AgentGitRepo {
  string path = 1;
  string status = 2;
  string branch_name = 3;
  optional string remote_url = 4;
}
message AgentEnv {
  string os_version = 1;
  repeated string workspace_paths = 2;
  string shell = 3;
  bool sandbox_enabled = 5;
  string terminals_folder = 7;
  string agent_shared_notes_folder = 8;
  string agent_conversation_notes_folder = 9;
  string time_zone = 10;
  string project_folder = 11;
  string agent_transcripts_folder = 12;
}

// bytes are SHA-256 blob ids, not payloads
message AgentConversationState {                // ConversationStateStructure
  repeated bytes root_prompt_messages_json = 1;
  repeated bytes turns_old = 2;
  repeated bytes todos = 3;
  repeated string pending_tool_calls = 4;
  AgentTokenDetails token_details = 5;
  optional bytes summary = 6;
  optional bytes plan = 7;
  repeated bytes turns = 8;
  repeated string previous_workspace_uris = 9;
  optional AgentMode mode = 10;
  optional bytes summary_archive = 11;
  map<string, bytes> file_states = 12;
  repeated bytes summary_archives = 13;
  repeated AgentStepTiming turn_timings = 14;
  uint32 self_summary_count = 17;
  repeated string read_paths = 18;
}
message AgentStepTiming {
  uint64 duration_ms = 1;
  uint64 timestamp_ms = 2;
}
message AgentTokenDetails {
  uint32 used_tokens = 1;
  uint32 max_tokens = 2;
}
// blob bodies
message AgentTurn {                             // ConversationTurnStructure
  oneof turn {
    AgentTurnBody agent_conversation_turn = 1;
  }
}
message AgentTurnBody {
  bytes user_message = 1;                       // blob id of an AgentUserMessage
  repeated bytes steps = 2;                     // blob ids of AgentStep
  optional string request_id = 3;
}
message AgentStep {                             // ConversationStep
  oneof message {
    AgentText assistant_message = 1;
    AgentToolCall tool_call = 2;
    AgentThinkingStep thinking_message = 3;
  }
}
message AgentThinkingStep {
  string text = 1;
  uint32 duration_ms = 2;
}

// ---------------------------------------------------------------- agent.v1.AgentService, server -> client

message AgentServerMessage {
  oneof message {
    AgentUpdate interaction_update = 1;
    AgentExecRequest exec_server_message = 2;
    AgentConversationState conversation_checkpoint_update = 3;
    AgentKvRequest kv_server_message = 4;
    AgentExecServerControl exec_server_control_message = 5;
    AgentInteractionQuery interaction_query = 7;
  }
  AgentTtft ttft_breakdown = 8;
}
message AgentTtft {
  double server_first_token_ms = 1;
  double pre_stream_setup_ms = 2;
  double wait_for_first_event_ms = 3;
  optional double provider_ttft_ms = 4;
}
message AgentUpdate {                           // InteractionUpdate
  oneof message {
    AgentTextDelta text_delta = 1;
    AgentToolEvent tool_call_started = 2;
    AgentToolEvent tool_call_completed = 3;
    AgentThinkingDelta thinking_delta = 4;
    AgentThinkingCompleted thinking_completed = 5;
    AgentUserMessageAppended user_message_appended = 6;
    AgentPartialToolCall partial_tool_call = 7;
    AgentTokenDelta token_delta = 8;
    AgentSummaryUpdate summary = 9;
    Empty summary_started = 10;
    AgentSummaryCompleted summary_completed = 11;
    AgentShellOutput shell_output_delta = 12;
    Empty heartbeat = 13;
    AgentTurnEnded turn_ended = 14;
    AgentToolDelta tool_call_delta = 15;
    AgentStepStarted step_started = 16;
    AgentStepCompleted step_completed = 17;
    AgentPromptSuggestion prompt_suggestion = 18;
    AgentRoutedModel routed_model = 24;
  }
}
message AgentTextDelta {
  string text = 1;
  bool is_server_notice = 2;
}
message AgentThinkingDelta {
  string text = 1;
  optional int32 thinking_style = 2;            // 1 default, 2 codex, 3 gpt5
}
message AgentThinkingCompleted { int32 thinking_duration_ms = 1; }
message AgentUserMessageAppended { AgentUserMessage user_message = 1; }
message AgentTokenDelta { int32 tokens = 1; }
message AgentSummaryUpdate { string summary = 1; }
message AgentSummaryCompleted { optional string hook_message = 1; }
message AgentPromptSuggestion { string suggestion = 1; }
message AgentRoutedModel { string display_name = 1; }
message AgentStepStarted { uint64 step_id = 1; }
message AgentStepCompleted {
  uint64 step_id = 1;
  int64 step_duration_ms = 2;
}
message AgentTurnEnded {                        // empty before mid 2026
  optional int64 input_tokens = 1;
  optional int64 output_tokens = 2;
  optional int64 cache_read_tokens = 3;
  optional int64 cache_write_tokens = 4;
  optional int64 reasoning_tokens = 5;
}
message AgentToolEvent {                        // ToolCallStartedUpdate / ToolCallCompletedUpdate
  string call_id = 1;
  AgentToolCall tool_call = 2;
  string model_call_id = 3;
}
message AgentPartialToolCall {
  string call_id = 1;
  AgentToolCall tool_call = 2;
  string args_text_delta = 3;
  string model_call_id = 4;
}
message AgentToolDelta {
  string call_id = 1;
  AgentToolCallDelta tool_call_delta = 2;
  string model_call_id = 3;
}
message AgentToolCallDelta {
  bytes shell_tool_call_delta = 1;              // kept raw
  bytes task_tool_call_delta = 2;
  bytes edit_tool_call_delta = 3;
}
message AgentShellOutput {
  oneof event {
    AgentShellData stdout = 1;
    AgentShellData stderr = 2;
    AgentShellExit exit = 3;
    AgentRaw start = 4;
  }
}
message AgentRaw {}
message AgentShellData { string data = 1; }
message AgentShellExit {
  uint32 code = 1;
  string cwd = 2;
  bool aborted = 4;
}
message AgentToolCall {                         // only the kinds we build or read; the rest is skipped
  oneof tool {
    AgentShellToolCall shell_tool_call = 1;
    AgentDeleteToolCall delete_tool_call = 3;
    AgentGrepToolCall grep_tool_call = 5;
    AgentReadToolCall read_tool_call = 8;
    AgentEditToolCall edit_tool_call = 12;
    AgentLsToolCall ls_tool_call = 13;
    AgentMcpToolCall mcp_tool_call = 15;
    AgentFetchToolCall fetch_tool_call = 24;
  }
  optional string tool_call_id = 57;
  optional uint64 started_at_ms = 59;
  optional uint64 completed_at_ms = 60;
}
message AgentMcpToolCall {
  AgentMcpArgs args = 1;
  AgentMcpResult result = 2;
}
message AgentShellToolCall {
  AgentShellArgs args = 1;
  AgentShellResult result = 2;
}
message AgentReadToolCall {
  AgentReadToolArgs args = 1;
  AgentReadToolResult result = 2;
}
message AgentDeleteToolCall {
  AgentPathArgs args = 1;
  AgentDeleteResult result = 2;
}
message AgentGrepToolCall {
  AgentGrepArgs args = 1;
  AgentGrepResult result = 2;
}
message AgentLsToolCall {
  AgentLsArgs args = 1;
  AgentLsResult result = 2;
}
message AgentFetchToolCall {
  AgentFetchArgs args = 1;
  AgentFetchResult result = 2;
}
message AgentEditToolCall {
  AgentEditArgs args = 1;
  AgentEditResult result = 2;
}
message AgentEditArgs {
  string path = 1;
  optional string stream_content = 6;
}
message AgentEditResult {
  oneof result {
    AgentEditSuccess success = 1;
    AgentPathReason file_not_found = 2;
    AgentPathReason read_permission_denied = 3;
    AgentPathReason write_permission_denied = 4;
    AgentPathReason rejected = 6;
    AgentEditError error = 7;
  }
}
message AgentEditSuccess {
  string path = 1;
  optional int32 lines_added = 3;
  optional int32 lines_removed = 4;
  optional string diff_string = 5;
  optional string before_full_file_content = 6;
  string after_full_file_content = 7;
  optional string message = 8;
}
message AgentEditError {
  string path = 1;
  string error = 2;
  optional string model_visible_error = 5;
}
message AgentReadToolArgs {
  string path = 1;
  optional int32 offset = 2;
  optional int32 limit = 3;
}
message AgentReadToolResult {
  oneof result {
    AgentReadToolSuccess success = 1;
    AgentErrorText error = 2;
  }
}
message AgentReadToolSuccess {
  optional string content = 1;
  bool is_empty = 2;
  bool exceeded_limit = 3;
  uint32 total_lines = 4;
  uint32 file_size = 5;
  string path = 7;
}

// ---------------------------------------------------------------- agent.v1: exec channel

message AgentExecRequest {                      // ExecServerMessage
  uint32 id = 1;
  oneof message {
    AgentShellArgs shell_args = 2;
    AgentWriteArgs write_args = 3;
    AgentPathArgs delete_args = 4;
    AgentGrepArgs grep_args = 5;
    AgentPathArgs read_args = 7;
    AgentLsArgs ls_args = 8;
    AgentPathArgs diagnostics_args = 9;
    AgentRequestContextArgs request_context_args = 10;
    AgentMcpArgs mcp_args = 11;
    AgentShellArgs shell_stream_args = 14;
    AgentShellArgs background_shell_spawn_args = 16;
    AgentFetchArgs fetch_args = 20;
  }
  string exec_id = 15;
  optional SpanContext span_context = 19;
}
message AgentExecResult {                       // ExecClientMessage
  uint32 id = 1;
  oneof message {
    AgentShellResult shell_result = 2;
    AgentWriteResult write_result = 3;
    AgentDeleteResult delete_result = 4;
    AgentGrepResult grep_result = 5;
    AgentReadResult read_result = 7;
    AgentLsResult ls_result = 8;
    AgentDiagnosticsResult diagnostics_result = 9;
    AgentRequestContextResult request_context_result = 10;
    AgentMcpResult mcp_result = 11;
    AgentShellStream shell_stream = 14;
    AgentFetchResult fetch_result = 20;
  }
  string exec_id = 15;
  optional int32 local_execution_time_ms = 39;
}
message AgentExecServerControl {
  oneof message { AgentIdOnly abort = 1; }
}
message AgentExecClientControl {
  oneof message {
    AgentIdOnly stream_close = 1;
    AgentExecThrow throw = 2;
    AgentIdOnly heartbeat = 3;
  }
}
message AgentIdOnly { uint32 id = 1; }
message AgentExecThrow {
  uint32 id = 1;
  string error = 2;
  optional string stack_trace = 3;
}
message AgentPathArgs {                         // ReadArgs, DeleteArgs, DiagnosticsArgs
  string path = 1;
  string tool_call_id = 2;
}
message AgentPathReason {
  string path = 1;
  string reason = 2;                            // "error" in *Error messages, same number
}
message AgentErrorText { string error = 1; }
message AgentReason { string reason = 1; }
message AgentShellArgs {
  string command = 1;
  string working_directory = 2;
  int32 timeout = 3;
  string tool_call_id = 4;
  repeated string simple_commands = 5;
  bool has_input_redirect = 6;
  bool has_output_redirect = 7;
  optional uint64 file_output_threshold_bytes = 10;
  bool is_background = 11;
  bool skip_approval = 12;
  int32 timeout_behavior = 13;                  // 1 cancel, 2 background
  optional int32 hard_timeout = 14;
}
message AgentShellResult {
  oneof result {
    AgentShellDone success = 1;
    AgentShellFailure failure = 2;
    AgentShellTimeout timeout = 3;
    AgentShellRefused rejected = 4;
    AgentShellRefused spawn_error = 5;
    AgentShellRefused permission_denied = 7;
  }
}
message AgentShellDone {
  string command = 1;
  string working_directory = 2;
  int32 exit_code = 3;
  string signal = 4;
  string stdout = 5;
  string stderr = 6;
  int32 execution_time = 7;
  optional uint32 shell_id = 9;
  optional string interleaved_output = 10;
}
message AgentShellFailure {
  string command = 1;
  string working_directory = 2;
  int32 exit_code = 3;
  string signal = 4;
  string stdout = 5;
  string stderr = 6;
  int32 execution_time = 7;
  optional string interleaved_output = 9;
  bool aborted = 11;
}
message AgentShellTimeout {
  string command = 1;
  string working_directory = 2;
  int32 timeout_ms = 3;
}
message AgentShellRefused {
  string command = 1;
  string working_directory = 2;
  string reason = 3;
  bool is_readonly = 4;
}
message AgentShellStream {
  oneof event {
    AgentShellData stdout = 1;
    AgentShellData stderr = 2;
    AgentShellExit exit = 3;
    AgentRaw start = 4;
    AgentShellRefused rejected = 5;
    AgentShellRefused permission_denied = 6;
    AgentShellBackgrounded backgrounded = 7;
  }
}
message AgentShellBackgrounded {
  uint32 shell_id = 1;
  string command = 2;
  string working_directory = 3;
  optional uint32 pid = 4;
}
message AgentWriteArgs {
  string path = 1;
  string file_text = 2;
  string tool_call_id = 3;
  bool return_file_content_after_write = 4;
  bytes file_bytes = 5;
}
message AgentWriteResult {
  oneof result {
    AgentWriteSuccess success = 1;
    AgentWriteDenied permission_denied = 3;
    AgentPathReason no_space = 4;
    AgentPathReason error = 5;
    AgentPathReason rejected = 6;
  }
}
message AgentWriteSuccess {
  string path = 1;
  int32 lines_created = 2;
  int32 file_size = 3;
  optional string file_content_after_write = 4;
}
message AgentWriteDenied {
  string path = 1;
  string directory = 2;
  string operation = 3;
  string error = 4;
}
message AgentDeleteResult {
  oneof result {
    AgentDeleteSuccess success = 1;
    AgentPathReason file_not_found = 2;
    AgentPathReason not_file = 3;
    AgentPathReason permission_denied = 4;
    AgentPathReason file_busy = 5;
    AgentPathReason rejected = 6;
    AgentPathReason error = 7;
  }
}
message AgentDeleteSuccess {
  string path = 1;
  string deleted_file = 2;
  int64 file_size = 3;
  string prev_content = 4;
}
message AgentReadResult {
  oneof result {
    AgentReadSuccess success = 1;
    AgentPathReason error = 2;
    AgentPathReason rejected = 3;
    AgentPathReason file_not_found = 4;
    AgentPathReason permission_denied = 5;
    AgentPathReason invalid_file = 6;
  }
}
message AgentReadSuccess {
  string path = 1;
  oneof output {
    string content = 2;
    bytes data = 5;
  }
  int32 total_lines = 3;
  int64 file_size = 4;
  bool truncated = 6;
  optional bytes output_blob_id = 7;
}
message AgentGrepArgs {
  string pattern = 1;
  optional string path = 2;
  optional string glob = 3;
  optional string output_mode = 4;
  optional int32 context_before = 5;
  optional int32 context_after = 6;
  optional int32 context = 7;
  optional bool case_insensitive = 8;
  optional string type = 9;
  optional int32 head_limit = 10;
  optional bool multiline = 11;
  string tool_call_id = 14;
}
message AgentGrepResult {
  oneof result {
    AgentGrepSuccess success = 1;
    AgentErrorText error = 2;
  }
}
message AgentGrepSuccess {
  string pattern = 1;
  string path = 2;
  string output_mode = 3;
  map<string, AgentGrepUnion> workspace_results = 4;
  optional AgentGrepUnion active_editor_result = 5;
}
message AgentGrepUnion {
  oneof result {
    AgentGrepCount count = 1;
    AgentGrepFiles files = 2;
    AgentGrepContent content = 3;
  }
}
message AgentGrepCount {
  repeated AgentGrepFileCount counts = 1;
  int32 total_files = 2;
  int32 total_matches = 3;
}
message AgentGrepFileCount {
  string file = 1;
  int32 count = 2;
}
message AgentGrepFiles {
  repeated string files = 1;
  int32 total_files = 2;
  bool client_truncated = 3;
  bool ripgrep_truncated = 4;
}
message AgentGrepContent {
  repeated AgentGrepFileMatch matches = 1;
  int32 total_lines = 2;
  int32 total_matched_lines = 3;
  bool client_truncated = 4;
  bool ripgrep_truncated = 5;
}
message AgentGrepFileMatch {
  string file = 1;
  repeated AgentGrepLine matches = 2;
}
message AgentGrepLine {
  int32 line_number = 1;
  string content = 2;
  bool content_truncated = 3;
  bool is_context_line = 4;
}
message AgentLsArgs {
  string path = 1;
  repeated string ignore = 2;
  string tool_call_id = 3;
  optional uint32 timeout_ms = 5;
}
message AgentLsResult {
  oneof result {
    AgentLsSuccess success = 1;
    AgentPathReason error = 2;
    AgentPathReason rejected = 3;
    AgentLsSuccess timeout = 4;
  }
}
message AgentLsSuccess { AgentTreeNode directory_tree_root = 1; }
message AgentTreeNode {
  string abs_path = 1;
  repeated AgentTreeNode children_dirs = 2;
  repeated AgentTreeFile children_files = 3;
  bool children_were_processed = 4;
  map<string, int32> full_subtree_extension_counts = 5;
  int32 num_files = 6;
}
message AgentTreeFile { string name = 1; }
message AgentDiagnosticsResult {
  oneof result {
    AgentDiagnostics success = 1;
    AgentPathReason error = 2;
    AgentPathReason rejected = 3;
    AgentPathReason file_not_found = 4;
    AgentPathReason permission_denied = 5;
  }
}
message AgentDiagnostics {
  string path = 1;
  repeated AgentDiagnostic diagnostics = 2;
  int32 total_diagnostics = 3;
}
message AgentDiagnostic {
  int32 severity = 1;                           // 1 error, 2 warning, 3 information, 4 hint: single source
  AgentRange range = 2;
  string message = 3;
  string source = 4;
  string code = 5;
  bool is_stale = 6;
}
message AgentRange {                            // single source
  AgentPosition start = 1;
  AgentPosition end = 2;
}
message AgentPosition {
  uint32 line = 1;
  uint32 column = 2;
}
message AgentFetchArgs {
  string url = 1;
  string tool_call_id = 2;
}
message AgentFetchResult {
  oneof result {
    AgentFetchSuccess success = 1;
    AgentFetchError error = 2;
  }
}
message AgentFetchSuccess {
  string url = 1;
  string content = 2;
  int32 status_code = 3;
  string content_type = 4;
}
message AgentFetchError {
  string url = 1;
  string error = 2;
}
message AgentRequestContextArgs {
  optional string notes_session_id = 2;
  optional string workspace_id = 3;
}
message AgentRequestContextResult {
  oneof result {
    AgentRequestContextSuccess success = 1;
    AgentErrorText error = 2;
    AgentReason rejected = 3;
  }
}
message AgentRequestContextSuccess { AgentRequestContext request_context = 1; }
message AgentMcpArgs {
  string name = 1;
  map<string, JsonValue> args = 2;
  string tool_call_id = 3;
  string provider_identifier = 4;
  string tool_name = 5;
}
message AgentMcpResult {                        // McpResult; in a ToolCall the 5th kind does not exist
  oneof result {
    AgentMcpSuccess success = 1;
    AgentErrorText error = 2;
    AgentReason rejected = 3;
    AgentErrorText permission_denied = 4;
    AgentMcpNotFound tool_not_found = 5;
  }
}
message AgentMcpNotFound {
  string name = 1;
  repeated string available_tools = 2;
}
message AgentMcpSuccess {
  repeated AgentMcpContent content = 1;
  bool is_error = 2;
}
message AgentMcpContent {
  oneof content {
    AgentText text = 1;
    AgentMcpImage image = 2;
  }
}
message AgentMcpImage {
  bytes data = 1;
  string mime_type = 2;
}

// ---------------------------------------------------------------- agent.v1: blob (KV) channel, approvals

message AgentKvRequest {                        // KvServerMessage
  uint32 id = 1;
  oneof message {
    AgentGetBlob get_blob_args = 2;
    AgentSetBlob set_blob_args = 3;
  }
  optional SpanContext span_context = 4;
}
message AgentGetBlob { bytes blob_id = 1; }
message AgentSetBlob {
  bytes blob_id = 1;
  bytes blob_data = 2;
}
message AgentKvResult {                         // KvClientMessage
  uint32 id = 1;
  oneof message {
    AgentGetBlobResult get_blob_result = 2;
    AgentSetBlobResult set_blob_result = 3;
  }
}
message AgentGetBlobResult {
  optional bytes blob_data = 1;
  optional AgentKvError error = 2;
}
message AgentSetBlobResult { optional AgentKvError error = 1; }
message AgentKvError { string message = 1; }

message AgentInteractionQuery {
  uint32 id = 1;
  AgentRaw web_search_request_query = 2;
  AgentRaw ask_question_interaction_query = 3;
  AgentRaw switch_mode_request_query = 4;
  AgentRaw create_plan_request_query = 7;
  AgentRaw web_fetch_request_query = 9;
}
message AgentInteractionResponse {
  uint32 id = 1;
  AgentApproval web_search_request_response = 2;
  AgentApproval switch_mode_request_response = 4;
  AgentApproval web_fetch_request_response = 9;
}
message AgentApproval {
  oneof result {
    AgentRaw approved = 1;
    AgentReason rejected = 2;
  }
}

// ---------------------------------------------------------------- the same bytes, seen otherwise
// Parts kept raw, so that what is not listed above survives; and tool schemas written as a bare Struct (see the report).
message AgentRunView { AgentRunViewRequest run_request = 1; }
message AgentRunViewRequest {
  bytes conversation_state = 1;
  AgentStructTools mcp_tools = 4;
}
message AgentStructTools { repeated AgentStructTool mcp_tools = 1; }
message AgentStructTool { JsonObject input_schema = 3; }
message AgentCheckpointView { bytes conversation_checkpoint_update = 3; }
`;
