# An encrypted Kinesis stream with a lease table, a Lambda function that reads it, alarms, and one
# policy for each kind of program. The same as cloudformation.yaml.

terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.80"
    }
  }
}

variable "stream_name" {
  type    = string
  default = "orders"
}

variable "shard_count" {
  type    = number
  default = 2
}

variable "retention_hours" {
  description = "How late a reader may be before it loses records."
  type        = number
  default     = 72
}

variable "alarm_email" {
  description = "Gets the alarms. The address must confirm a mail from AWS first."
  type        = string
}

variable "code_bucket" {
  description = "The bucket with the bundle of the function."
  type        = string
}

variable "code_key" {
  description = "The key of the bundle, a zip file with index.mjs."
  type        = string
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# The stream -----------------------------------------------------------------------------------------

resource "aws_kms_key" "stream" {
  description         = "The records of the stream ${var.stream_name}"
  enable_key_rotation = true
}

resource "aws_kinesis_stream" "stream" {
  name             = var.stream_name
  shard_count      = var.shard_count
  retention_period = var.retention_hours
  encryption_type  = "KMS"
  kms_key_id       = aws_kms_key.stream.arn

  # Billed for each shard. A hot shard shows here, and not in the sums of the stream.
  shard_level_metrics = [
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "WriteProvisionedThroughputExceeded",
  ]

  lifecycle {
    prevent_destroy = true
  }
}

# Enhanced fan-out for the option fanOut: { consumerARN }. Billed for each shard.
resource "aws_kinesis_stream_consumer" "billing" {
  name       = "billing"
  stream_arn = aws_kinesis_stream.stream.arn
}

# The lease table of DynamoDBCheckpointer({ tableName }). The KCL uses the same layout.
resource "aws_dynamodb_table" "leases" {
  name         = "${var.stream_name}-leases"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "leaseKey"

  attribute {
    name = "leaseKey"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

# Policies -------------------------------------------------------------------------------------------

# Producer
data "aws_iam_policy_document" "producer" {
  statement {
    actions = [
      "kinesis:PutRecords",
      "kinesis:ListShards",
      # For values over 1 MiB, and while the stream is being created.
      "kinesis:DescribeStreamSummary",
    ]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.stream.arn]
  }
}

# Consumer that polls
data "aws_iam_policy_document" "consumer" {
  statement {
    actions = [
      "kinesis:ListShards",
      "kinesis:GetShardIterator",
      "kinesis:GetRecords",
    ]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.stream.arn]
  }
}

# Consumer with fanOut: { consumerARN }
data "aws_iam_policy_document" "fan_out" {
  statement {
    actions = [
      "kinesis:ListShards",
      "kinesis:GetShardIterator",
    ]
    resources = [aws_kinesis_stream.stream.arn]
  }

  statement {
    actions = [
      "kinesis:DescribeStreamConsumer",
      "kinesis:SubscribeToShard",
    ]
    resources = [aws_kinesis_stream_consumer.billing.arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.stream.arn]
  }
}

# DynamoDBCheckpointer
data "aws_iam_policy_document" "leases" {
  statement {
    actions = [
      "dynamodb:Scan",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
      "dynamodb:DeleteItem",
    ]
    resources = [aws_dynamodb_table.leases.arn]
  }

  # The state of a KCL 3, which must not run beside this library. The table need not exist.
  statement {
    actions   = ["dynamodb:GetItem"]
    resources = ["${aws_dynamodb_table.leases.arn}-CoordinatorState"]
  }
}

resource "aws_iam_policy" "producer" {
  name_prefix = "${var.stream_name}-producer-"
  policy      = data.aws_iam_policy_document.producer.json
}

resource "aws_iam_policy" "consumer" {
  name_prefix = "${var.stream_name}-consumer-"
  policy      = data.aws_iam_policy_document.consumer.json
}

resource "aws_iam_policy" "fan_out" {
  name_prefix = "${var.stream_name}-fan-out-"
  policy      = data.aws_iam_policy_document.fan_out.json
}

resource "aws_iam_policy" "leases" {
  name_prefix = "${var.stream_name}-leases-"
  policy      = data.aws_iam_policy_document.leases.json
}

# Lambda ---------------------------------------------------------------------------------------------

resource "aws_lambda_function" "reader" {
  function_name = "${var.stream_name}-reader"
  runtime       = "nodejs22.x"
  architectures = ["arm64"]
  handler       = "index.handler"
  role          = aws_iam_role.reader.arn
  memory_size   = 512
  timeout       = 60
  s3_bucket     = var.code_bucket
  s3_key        = var.code_key
}

data "aws_iam_policy_document" "reader_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "reader" {
  name_prefix        = "${var.stream_name}-reader-"
  assume_role_policy = data.aws_iam_policy_document.reader_trust.json
}

data "aws_iam_policy_document" "reader_logs" {
  statement {
    actions = [
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
    ]
    resources = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:*"]
  }
}

# What Lambda itself needs to read the stream. The function makes no call of Kinesis.
data "aws_iam_policy_document" "reader" {
  statement {
    actions = [
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
    ]
    resources = [aws_kinesis_stream.stream.arn]
  }

  # This action has no resource.
  statement {
    actions   = ["kinesis:ListStreams"]
    resources = ["*"]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.stream.arn]
  }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.failures.arn]
  }
}

resource "aws_iam_role_policy" "reader_logs" {
  name   = "logs"
  role   = aws_iam_role.reader.id
  policy = data.aws_iam_policy_document.reader_logs.json
}

resource "aws_iam_role_policy" "reader" {
  name   = "read-stream"
  role   = aws_iam_role.reader.id
  policy = data.aws_iam_policy_document.reader.json
}

resource "aws_lambda_event_source_mapping" "reader" {
  # Without the permissions, the mapping cannot be created.
  depends_on = [aws_iam_role_policy.reader]

  event_source_arn                   = aws_kinesis_stream.stream.arn
  function_name                      = aws_lambda_function.reader.arn
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = 500
  maximum_batching_window_in_seconds = 1

  # Several batches of a shard at once. Records of one partition key stay in order.
  parallelization_factor = 2

  # kinesisHandler answers with the first record that failed. Without this line, Lambda ignores the
  # answer, and failed records are lost.
  function_response_types        = ["ReportBatchItemFailures"]
  bisect_batch_on_function_error = true
  maximum_retry_attempts         = 10
  maximum_record_age_in_seconds  = 86400

  # Gets the position of the records that were given up, not the records.
  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.failures.arn
    }
  }
}

resource "aws_sqs_queue" "failures" {
  name_prefix               = "${var.stream_name}-failures-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

# Alarms ---------------------------------------------------------------------------------------------

resource "aws_sns_topic" "alarms" {
  name_prefix = "${var.stream_name}-alarms-"
}

resource "aws_sns_topic_subscription" "alarms" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "writes_throttled" {
  alarm_name          = "${var.stream_name}-writes-throttled"
  alarm_description   = "Writers are throttled for 5 minutes. The stream, or one of its shards, is too small."
  namespace           = "AWS/Kinesis"
  metric_name         = "WriteProvisionedThroughputExceeded"
  dimensions          = { StreamName = aws_kinesis_stream.stream.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "reads_throttled" {
  alarm_name          = "${var.stream_name}-reads-throttled"
  alarm_description   = "Readers are throttled for 5 minutes. Too many of them share the shards."
  namespace           = "AWS/Kinesis"
  metric_name         = "ReadProvisionedThroughputExceeded"
  dimensions          = { StreamName = aws_kinesis_stream.stream.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "readers_late" {
  alarm_name          = "${var.stream_name}-readers-late"
  alarm_description   = "The slowest reader is more than 5 minutes behind. At the retention period it loses records."
  namespace           = "AWS/Kinesis"
  metric_name         = "GetRecords.IteratorAgeMilliseconds"
  dimensions          = { StreamName = aws_kinesis_stream.stream.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 300000
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "nothing_written" {
  alarm_name          = "${var.stream_name}-nothing-written"
  alarm_description   = "Nothing was written for 15 minutes. Remove it if the stream is quiet at times."
  namespace           = "AWS/Kinesis"
  metric_name         = "IncomingRecords"
  dimensions          = { StreamName = aws_kinesis_stream.stream.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_fails" {
  alarm_name          = "${var.stream_name}-function-fails"
  alarm_description   = "The function fails as a whole. Failed records that it reports do not count here."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.reader.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_late" {
  alarm_name          = "${var.stream_name}-function-late"
  alarm_description   = "The function is more than 5 minutes behind, for example because it retries one record."
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  dimensions          = { FunctionName = aws_lambda_function.reader.function_name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 300000
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "records_given_up" {
  alarm_name          = "${var.stream_name}-records-given-up"
  alarm_description   = "Lambda has given records up. Their positions are in the queue until the stream drops them."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failures.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

output "stream_arn" {
  value = aws_kinesis_stream.stream.arn
}

output "consumer_arn" {
  value = aws_kinesis_stream_consumer.billing.arn
}

output "lease_table_name" {
  value = aws_dynamodb_table.leases.name
}

output "policy_arns" {
  value = {
    producer = aws_iam_policy.producer.arn
    consumer = aws_iam_policy.consumer.arn
    fan_out  = aws_iam_policy.fan_out.arn
    leases   = aws_iam_policy.leases.arn
  }
}
