"""All system steps, one file each. A topic that is not listed here is not served."""

from workers.contract import AnyTopic
from workers.topics import (
    assign_discrepancy,
    attach_document,
    close_approval_round,
    close_correction,
    close_deal,
    end_temporary_terms,
    find_assignee,
    notify,
    open_approval_round,
    plan_temporary_terms,
    recheck_onec,
    record_decision,
    register_process,
    register_side_process,
    retry_failed_step,
    sync_onec_number,
    update_deal_stage,
)

TOPICS: tuple[AnyTopic, ...] = (
    register_process.TOPIC,
    register_side_process.TOPIC,
    update_deal_stage.TOPIC,
    open_approval_round.TOPIC,
    record_decision.TOPIC,
    find_assignee.TOPIC,
    sync_onec_number.TOPIC,
    close_correction.TOPIC,
    attach_document.TOPIC,
    close_approval_round.TOPIC,
    notify.TOPIC,
    close_deal.TOPIC,
    retry_failed_step.TOPIC,
    plan_temporary_terms.TOPIC,
    end_temporary_terms.TOPIC,
    assign_discrepancy.TOPIC,
    recheck_onec.TOPIC,
)
