"""Names of languages in sentences: a quality told by language has a code, and nobody says "right in en"."""

from __future__ import annotations

# ISO 639-1 with the names in English and Korean.
_LISTED = """\
ar Arabic 아랍어
bn Bengali 벵골어
cs Czech 체코어
da Danish 덴마크어
de German 독일어
el Greek 그리스어
en English 영어
es Spanish 스페인어
fa Persian 페르시아어
fi Finnish 핀란드어
fr French 프랑스어
he Hebrew 히브리어
hi Hindi 힌디어
hu Hungarian 헝가리어
id Indonesian 인도네시아어
it Italian 이탈리아어
ja Japanese 일본어
ko Korean 한국어
ms Malay 말레이어
nl Dutch 네덜란드어
no Norwegian 노르웨이어
pl Polish 폴란드어
pt Portuguese 포르투갈어
ro Romanian 루마니아어
ru Russian 러시아어
sv Swedish 스웨덴어
sw Swahili 스와힐리어
ta Tamil 타밀어
th Thai 태국어
tr Turkish 튀르키예어
uk Ukrainian 우크라이나어
ur Urdu 우르두어
vi Vietnamese 베트남어
zh Chinese 중국어"""
_NAMES = {code: names for code, *names in map(str.split, _LISTED.splitlines())}


def language_name(code: str, language: str = "en") -> str:
    """The name of a language; a code that isn't listed, or a group of people, stays as it is."""
    return _NAMES.get(code, (code, code))[language == "ko"]
