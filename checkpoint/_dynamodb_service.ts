/**
 * DynamoDB among AWS services: its protocol, and advice about its errors.
 *
 * @module
 */
import { commonHintFor } from "../_aws/error_hints.ts";
import { plainJsonCodec } from "../_aws/plain_json_codec.ts";
import { NOT_FOUND } from "../_aws/service_error.ts";
import type { Service } from "../_service/service.ts";

const MISSING_TABLE =
  "Check the name of the table, and that it is in this region and account. " +
  "With 'createTable: true' the checkpointer creates it, which needs dynamodb:CreateTable and " +
  "dynamodb:DescribeTable. Or run: aws dynamodb create-table --table-name NAME " +
  "--billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=leaseKey,AttributeType=S " +
  "--key-schema AttributeName=leaseKey,KeyType=HASH";

/** DynamoDB. */
export const DYNAMODB: Service = {
  name: "DynamoDB",
  owner: "DynamoDBCheckpointer",
  signingName: "dynamodb",
  targetPrefix: "DynamoDB_20120810",
  settingsName: "DYNAMODB",
  codecOf: () => plainJsonCodec,
  hintFor(code, action) {
    switch (code) {
      case "AccessDeniedException":
        return `Allow dynamodb:${action} for this table in the policy of the credentials in use`;
      case NOT_FOUND:
        return MISSING_TABLE;
      case "ValidationException":
        return "The table must have the partition key 'leaseKey' of type S, and no sort key";
      default:
        return commonHintFor(code, "DynamoDB");
    }
  },
};
