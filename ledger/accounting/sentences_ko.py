"""The decisions' sentences in Korean, by the keys of the English ones, and the caveats of who pays.

Where an English sentence begins with a model's name, so does the Korean one: the page sets it in bold. A unit is
followed by a space or a mark, never by a particle, so that the page finds the amount. Ranges are written with U+223C,
since Markdown strikes out what lies between two tildes.
"""

from __future__ import annotations

KOREAN: dict[str, str] = {
    # compare
    "right": (
        "{small} 모델의 정답률은 {qs}, {large} 모델의 정답률은 {ql}입니다. 에너지는 {large} 모델의 "
        "{ratio}({low}∼{high})입니다."
    ),
    "scores": (
        "{small} 모델의 {metric} 점수는 {qs}, {large} 모델의 점수는 {ql}입니다. 에너지는 {large} 모델의 "
        "{ratio}({low}∼{high})입니다."
    ),
    "almost_sure": "0.99 초과",
    "quality_unknown": "미상",
    "probability": "에너지를 더 쓰지 않으면서 품질이 같거나 나을 확률은 {p}입니다.",
    "not_separable": (
        "{small} 모델과 {large} 모델은 {metric} 지표로 구별할 수 없습니다({qs} 대 {ql}). {small} 모델의 에너지는 "
        "{large} 모델의 {ratio}({low}∼{high})입니다."
    ),
    "quality_range_unknown": (
        "{small} 모델과 {large} 모델은 범위를 알 수 없어 {metric} 지표로 구별할 수 없습니다({qs} 대 {ql}). "
        "{small} 모델의 에너지는 {large} 모델의 {ratio}({low}∼{high})입니다."
    ),
    "large_better": (
        "더 적은 에너지로 {large} 모델({metric} {ql})만큼 좋은 모델은 없습니다. 가장 가까운 것은 {small} "
        "모델({qs})이며, 에너지는 {large} 모델의 {ratio}({low}∼{high})입니다."
    ),
    "energy_not_separable": (
        "{small} 모델과 {large} 모델은 에너지로 구별할 수 없습니다({ratio}, {low}∼{high}). {metric} 점수는 {qs} "
        "대 {ql}입니다."
    ),
    "no_quality": (
        "{small} 모델의 에너지는 {large} 모델의 {ratio}({low}∼{high})입니다. 과제를 얼마나 잘하는지는 알 수 없습니다."
    ),
    "one_candidate": "후보가 {model} 하나뿐이어서 비교할 대상이 없습니다. 이 과제에 두 번째 모델을 추가하십시오.",
    "no_candidate": "비교할 후보가 남아 있지 않습니다.",
    "no_energy": "단위당 에너지를 아는 후보가 둘이 되지 않아 비교할 수 없습니다.",
    "warn_origins": "출처가 다른 수치가 나란히 있습니다({values}). 측정한 사람도 방법도 다릅니다.",
    "warn_tasks": "과제가 다릅니다: {values}.",
    "warn_boundaries": "산정 경계가 다릅니다: {values}. 경계가 다르면 에너지는 최대 2.4배까지 차이 납니다.",
    "warn_hardware": "하드웨어가 다릅니다: {values}.",
    "warn_batch": (
        "배치가 다릅니다: 동시 요청 {low}∼{high}건. 배치만으로도 토큰당 에너지가 10배까지 달라질 수 있습니다."
    ),
    "warn_metric": "{metric} 지표만 비교합니다. 다른 지표로 측정된 모델: {models}.",
    "warn_language": "품질이 한 언어나 집단만의 값입니다: {values}.",
    "warn_quality_range": "n, sd, scores가 없는 품질은 범위를 알 수 없어 구별할 수 없습니다: {models}.",
    "warn_share": "{metric} 값은 0과 1 사이여야 하는데 {value} 값은 비율이 아닙니다. {share} 형식으로 쓰십시오.",
    "warn_no_quality": "품질을 알 수 없어 파레토 경계에 놓을 수 없습니다: {models}.",
    "left_out_quality": "품질 {value}, 하한 {least} 미달",
    "left_out_quality_unknown": "품질 미상, 요구 하한 {least}",
    "left_out_latency": "지연 시간 {value} s, 상한 {most} s 초과",
    "left_out_latency_unknown": "지연 시간 미상, 요구 상한 {most} s",
    "served_by": (
        "{model} 모델의 정답률은 {home}에서 {good}이지만 {other}에서는 {poor}로 무작위 추측보다 낫지 않습니다. "
        "{other}에서는 {best} 모델의 정답률이 {best_quality}입니다."
    ),
    "unserved": (
        "{model} 모델의 정답률은 {home}에서 {good}이지만 {other}에서는 {poor}로 무작위 추측보다 낫지 않습니다. "
        "{other}에서 더 나은 후보는 여기에 없습니다."
    ),
    "warn_left_out": "제외: {model} ({why}).",
    # places
    "unknown_region": "{zone} 지역은 알려진 값이 없어 {land} 평균으로 계산합니다.",
    "direct_region": (
        "{zone} 지역은 연료 연소로 나오는 배출({direct} g/kWh)만 알려져 있어 {land} 전 과정 평균으로 계산합니다."
    ),
    # trade-off
    "pays_off": "작은 모델은 요청 {requests} 건({low}∼{high}) 뒤에 초기 비용({once})을 회수합니다{when}.",
    "pays_off_exact": "작은 모델은 요청 {requests} 건 뒤에 초기 비용({once})을 회수합니다{when}.",
    "pays_off_open": (
        "작은 모델은 요청 {requests} 건(빠르면 {low} 건, 늦으면 도달하지 않음) 뒤에 초기 비용({once})을 "
        "회수합니다{when}."
    ),
    "on_date": "(하루 {rate} 건일 때 {date})",
    "beyond_dates": "(하루 {rate} 건으로는 달력에 없는 먼 날)",
    "never": (
        "작은 모델은 비용을 회수하지 못합니다. 요청 1건에 작은 모델은 {small}, 큰 모델은 {large} 들어 절감되는 "
        "것이 없습니다."
    ),
    "never_rebound": (
        "요청이 {volume}배로 늘면 작은 모델은 비용을 회수하지 못합니다. 요청 1건의 절감분(작은 모델 {small}, 큰 "
        "모델 {large})이 남지 않습니다. 절감 효과는 {limit}배에서 사라집니다."
    ),
    "rebound": "요청이 {volume}배로 는 경우이며, 절감 효과는 {limit}배에서 사라집니다.",
    "at_once": "작은 모델은 첫 요청부터 이득입니다. 요청마다 {saving} 절감하고 초기 비용이 없습니다.",
    "cascade_pays": (
        "캐스케이드는 큰 모델로 넘어가는 요청이 {threshold} 미만일 때 이득입니다. 실제로 넘어가는 비율은 "
        "{p}이므로 {does}."
    ),
    "cascade_threshold": "캐스케이드는 큰 모델로 넘어가는 요청이 {threshold} 미만일 때 이득입니다.",
    "cascade_never": "캐스케이드는 이득이 없습니다. 큰 모델 앞에 오는 것의 비용이 이미 큰 모델 이상입니다.",
    "does_pay": "이득입니다",
    "does_not_pay": "이득이 없습니다",
    "may_pay": "이득인지 판정할 수 없습니다",
    # burden: the sentence and its second half share the verb, which comes at the end
    "burden": "{what} 배출의 피해 중 {share}({low}∼{high}, 설정 {n}개 기준)는 AI를 쓰지 않는 사람에게",
    "burden_what": "이",
    "burden_what_figure": "{value} {unit} ({low}∼{high})",
    "burden_outside": ", {share}({low}∼{high})는 {where} 밖에",
    "burden_end": " 돌아갑니다.",
    "and": "·",
    "and_others": " 외 {n}개",
    "and_other": " 외 1개",
    "no_beneficiaries": (
        "혜택을 받는 국가를 지정하지 않아 그 밖에 돌아가는 비중을 알 수 없습니다. 수혜국을 지정하십시오."
    ),
    "no_use_rate": "{n}개국은 AI 이용 통계가 없어 인구 전체를 비이용자로 셉니다(피해의 {share}).",
    "no_estimate": "{n}개국은 피해 추정이 없습니다(그중 {names}). 알 수 없다는 것은 0이라는 뜻이 아닙니다.",
    "burden_what_exact": "{value} {unit}",
    "no_income": "최근의 구매력 기준 소득이 없어 상대 부담과 소득 그룹을 구할 수 없는 국가: {names} ({n}개국).",
    "no_income_weighted": "최근의 구매력 기준 소득이 없어 소득 가중에서 제외한 국가: {names} ({n}개국).",
}

KOREAN_CAVEATS: tuple[str, ...] = (
    (
        "국가별 탄소의 사회적 비용(Ricke et al. 2018)은 기온과 경제 성장의 계량경제적 관계에 근거하며, 그 "
        "크기에는 논란이 있습니다. 표시한 범위는 공표된 160개 설정 전체의 범위입니다. 기후와 사회경제 자료는 "
        "2018년 기준입니다."
    ),
    (
        "해수면 상승, 폭풍, 생물종 손실, 분쟁, 적응은 빠져 있으며, 작은 섬나라는 대부분 추정이 아예 없습니다. "
        "몰디브도 추정이 없습니다."
    ),
    (
        "음수는 추운 나라에서 이득이 난다고 모형이 계산했다는 뜻이지, 배출이 그곳에 이롭다는 뜻이 아닙니다. "
        "비중은 양의 피해만으로 계산합니다."
    ),
    (
        "한 나라 안에서는 AI를 쓰는 사람과 쓰지 않는 사람이 피해를 똑같이 입는다고 봅니다. 실제로는 가난한 사람이 "
        "더 큰 피해를 입으므로 격차가 작게 나타납니다."
    ),
    (
        "피해는 2100년 이후까지 이어지지만 이용자는 2026년 기준입니다. 아직 태어나지 않은 사람도 지금의 "
        "이용률로만 비이용자로 셉니다."
    ),
    (
        "AI 이용 통계는 한 회사가 모형으로 추정한 값이며, 여러 행이 지역 하나의 값을 공유합니다. 아프리카 10여 "
        "개국의 값이 같습니다."
    ),
    (
        "한 조직이 배출한 1톤은 한계 배출량입니다. 여기서 말하는 것은 피해의 비중이지, 이름을 댈 수 있는 사람이 "
        "아닙니다."
    ),
    (
        "소득으로 가중하는 것은 윤리적 선택입니다. 처음 화면은 1달러를 1달러로 셉니다(eta 0). 이 값은 가난한 "
        "사람이 더 많이 부담한다는 것을 보여 주지 않으며, 소득 대비 비중이 보여 줍니다."
    ),
    "효율이 높은 모델은 더 많이 쓰일 수 있어, 절감분이 이용량 증가로 사라질 수 있습니다(리바운드).",
    "물 사용과 지역 대기 오염의 영향은 기후 피해를 입는 곳이 아니라 데이터 센터와 발전소 주변에 나타납니다.",
    (
        "비중은 국가별 중앙값의 합으로 정규화합니다. 합의 중앙값은 중앙값의 합과 다르므로 공표된 세계 값과 "
        "일치하지 않습니다."
    ),
    (
        "피해와 견줄 달러 단위의 혜택은 제시하지 않습니다. 요청 1건의 가치로 삼을 만한 타당한 값이 없기 "
        "때문입니다. 혜택 쪽은 측정한 품질, 처리한 요청, 이용자의 분포로 나타냅니다."
    ),
)


_MYRIADS = (("조", 1e12), ("억", 1e8), ("만", 1e4))


def number_ko(value: float) -> str:
    """A number from 10,000 on with three significant digits in steps of ten thousand: `796만`, `1230만`, `12.3억`."""
    rounded = float(f"{value:.3g}")
    if abs(rounded) >= 1e16:
        return f"{value:.2e}"
    word, size = next((word, size) for word, size in _MYRIADS if abs(rounded) >= size)
    return f"{float(f'{rounded / size:.3g}'):g}{word}"
