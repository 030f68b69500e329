"""What this service answers when it refuses: every typed error as a problem with a stable code."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from paymentservice.problems import Problem
from paymentservice.reference.checks import (
    AccountAlreadyLinked,
    AccountClosed,
    AccountNotConfirmed,
    ProgrammeUnknown,
    TooManyAttempts,
    UnableToLink,
)
from paymentservice.reference.links import LinkTokenTaken, ReferenceUnknown
from paymentservice.reference.standings import LinkEnded, LinkUnknown, StandingDiffers

NOT_FOUND: Final = Problem(
    code="not_found",
    title="その窓口はありません",
    status=404,
    detail="アドレスを確かめてください。",
)
METHOD_NOT_ALLOWED: Final = Problem(
    code="method_not_allowed",
    title="この方法では受け付けません",
    status=405,
    detail="この窓口は POST だけを受け付けます。",
)

_PROBLEMS: Final[Mapping[type[UnableToLink], Problem]] = {
    ProgrammeUnknown: Problem(
        code="programme_unknown",
        title="取り扱いのない施策です",
        status=422,
        detail="このサービスはこの施策に参加していません。施策の番号を確かめてください。",
    ),
    AccountNotConfirmed: Problem(
        code="account_not_confirmed",
        title="ID とコードを確認できません",
        status=422,
        detail="決済サービスIDとコードをもう一度確かめて、入力し直してください。",
    ),
    AccountClosed: Problem(
        code="account_closed",
        title="解約済みのアカウントです",
        status=409,
        detail="このアカウントは使われていません。今お使いのアカウントの ID で申し込んでください。",
    ),
    AccountAlreadyLinked: Problem(
        code="account_already_linked",
        title="申込済みのアカウントです",
        status=409,
        detail="このアカウントはこの施策に申込済みです。一つのアカウントで申し込めるのはお一人だけです。",
    ),
    TooManyAttempts: Problem(
        code="too_many_attempts",
        title="確認の回数が多すぎます",
        status=429,
        detail="続けて間違えたため、しばらく確認を止めています。時間をおいてから、もう一度お試しください。",
    ),
    ReferenceUnknown: Problem(
        code="reference_unknown",
        title="アカウント確認の記録がありません",
        status=422,
        detail="アカウントの確認からやり直してください。",
    ),
    LinkTokenTaken: Problem(
        code="link_token_taken",
        title="使用済みの連携番号です",
        status=409,
        detail="この連携番号は別の申込で使われています。新しい番号で送り直してください。",
    ),
    LinkUnknown: Problem(
        code="link_unknown",
        title="その連携はありません",
        status=404,
        detail="この施策にこの連携番号はありません。先に連携が終わっているか確かめて、もう一度送ってください。",
    ),
    LinkEnded: Problem(
        code="link_ended",
        title="終了した連携です",
        status=409,
        detail="この連携は終了しています。新しい申込で連携し直してください。",
    ),
    StandingDiffers: Problem(
        code="standing_differs",
        title="同じ番号で別の指示を受けています",
        status=409,
        detail="この番号の指示は別の内容で受け付けています。次の番号で送り直してください。",
    ),
}


def refusal_for(error: UnableToLink) -> Problem:
    """Return the problem that answers a refused check or link."""
    problem = _PROBLEMS[type(error)]
    if isinstance(error, TooManyAttempts):
        return replace(problem, data={"retry_after": error.retry_after})
    return problem
