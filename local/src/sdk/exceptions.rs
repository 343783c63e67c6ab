//! The errors that services declare. The SDKs have an exception for each, and one for everything else.

use crate::network::Service;

/// Whether a service declares an error. Ends that say what it is are left out: `Exception`, as the SDKs add it.
pub(crate) fn is_modelled(service: Service, code: &str) -> bool {
    let declared = match service {
        Service::DynamoDb => DYNAMODB,
        Service::EventBridge => EVENT_BRIDGE,
        Service::Sqs => SQS,
        Service::S3 => S3,
        Service::StepFunctions => STEP_FUNCTIONS,
        // Everything that these two answer with is declared.
        Service::Scheduler | Service::Lambda => return true,
        Service::Sts => return false,
    };
    let code = code.strip_suffix("Exception").unwrap_or(code);
    declared.split_whitespace().any(|known| known == code)
}

const DYNAMODB: &str = "\
    BackupInUse BackupNotFound ConditionalCheckFailed ContinuousBackupsUnavailable DuplicateItem \
    ExportConflict ExportNotFound GlobalTableAlreadyExists GlobalTableNotFound \
    IdempotentParameterMismatch ImportConflict ImportNotFound IndexNotFound InternalServerError \
    InvalidExportTime InvalidRestoreTime ItemCollectionSizeLimitExceeded LimitExceeded \
    PointInTimeRecoveryUnavailable PolicyNotFound ProvisionedThroughputExceeded ReplicaAlreadyExists \
    ReplicaNotFound ReplicatedWriteConflict RequestLimitExceeded ResourceInUse ResourceNotFound \
    TableAlreadyExists TableInUse TableNotFound Throttling TransactionCanceled TransactionConflict \
    TransactionInProgress";

const EVENT_BRIDGE: &str = "\
    AccessDenied ConcurrentModification IllegalStatus Internal InvalidEventPattern InvalidState \
    LimitExceeded ManagedRule OperationDisabled PolicyLengthExceeded ResourceAlreadyExists \
    ResourceNotFound Throttling";

const S3: &str = "\
    AccessDenied AnnotationLimitExceeded AnnotationNameTooLong BucketAlreadyExists \
    BucketAlreadyOwnedByYou EncryptionTypeMismatch IdempotencyParameterMismatch InvalidAnnotationName \
    InvalidObjectState InvalidPrefix InvalidRequest InvalidWriteOffset NoSuchAnnotation NoSuchBucket \
    NoSuchKey NoSuchUpload ObjectAlreadyInActiveTierError ObjectNotInActiveTierError TooManyParts \
    UnsupportedMediaType";

const SQS: &str = "\
    BatchEntryIdsNotDistinct BatchRequestTooLong EmptyBatchRequest InvalidAddress InvalidAttributeName \
    InvalidAttributeValue InvalidBatchEntryId InvalidIdFormat InvalidMessageContents InvalidSecurity \
    KmsAccessDenied KmsDisabled KmsInvalidKeyUsage KmsInvalidState KmsNotFound KmsOptInRequired \
    KmsThrottled MessageNotInflight OverLimit PurgeQueueInProgress QueueDeletedRecently \
    QueueDoesNotExist QueueNameExists ReceiptHandleIsInvalid RequestThrottled ResourceNotFound \
    TooManyEntriesInBatchRequest UnsupportedOperation";

const STEP_FUNCTIONS: &str = "\
    ActivityAlreadyExists ActivityDoesNotExist ActivityLimitExceeded ActivityWorkerLimitExceeded \
    Conflict ExecutionAlreadyExists ExecutionDoesNotExist ExecutionLimitExceeded ExecutionNotRedrivable \
    InvalidArn InvalidDefinition InvalidEncryptionConfiguration InvalidExecutionInput \
    InvalidLoggingConfiguration InvalidName InvalidOutput InvalidToken InvalidTracingConfiguration \
    KmsAccessDenied KmsInvalidState KmsThrottling MissingRequiredParameter ResourceNotFound \
    ServiceQuotaExceeded StateMachineAlreadyExists StateMachineDeleting StateMachineDoesNotExist \
    StateMachineLimitExceeded StateMachineTypeNotSupported TaskDoesNotExist TaskTimedOut TooManyTags \
    Validation";
