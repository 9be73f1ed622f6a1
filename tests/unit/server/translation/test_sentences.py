import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_server.translation.sentences import is_line_break, split_long, split_sentences

PUNCTUATION = "。！？；…，、：.!?,;:\"'“”‘’「」『』（）()《》[]\n\r\u2028\t 　—"
TEXTS = st.text(st.sampled_from(PUNCTUATION + "他说你好天气Abc123éあ한🔮") | st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天天气很好。我们去公园吧！", ["今天天气很好。", "我们去公园吧！"]),
        ("真的吗？！我不信……好吧。", ["真的吗？！", "我不信……", "好吧。"]),
        ("他说：“你好！”然后走了。", ["他说：“你好！”", "然后走了。"]),
        ("“走吧！”，他喊。", ["“走吧！”，他喊。"]),
        ("（他走了。）我也走了。", ["（他走了。）", "我也走了。"]),
        ("《你好，李焕英！》很好看。", ["《你好，李焕英！》很好看。"]),
        ("春眠不觉晓，处处闻啼鸟；夜来风雨声，花落知多少。", ["春眠不觉晓，处处闻啼鸟；", "夜来风雨声，花落知多少。"]),
        ("圆周率是3.14。版本v1.2.3发布了!好", ["圆周率是3.14。", "版本v1.2.3发布了!", "好"]),
        ("Hello!你好", ["Hello!", "你好"]),
        ("Dr. Li came. He left.", ["Dr. Li came. ", "He left."]),
        ("J. Smith works in the U.S. now. Yes!", ["J. Smith works in the U.S. now. ", "Yes!"]),
        ("Wait... what? Yes.", ["Wait... what? ", "Yes."]),
        ("等等...什么？", ["等等...", "什么？"]),
        ("第一行\n　　第二行。\n\n第三行", ["第一行", "\n　　", "第二行。", "\n\n", "第三行"]),
        ("第一句。\r\n第二句。\r\n", ["第一句。", "\r\n", "第二句。", "\r\n"]),
        ("标题\r正文\u2028一\u2029二", ["标题", "\r", "正文", "\u2028", "一", "\u2029", "二"]),
        ("一\x0b二\x0c三\x85四", ["一", "\x0b", "二", "\x0c", "三", "\x85", "四"]),
        ("没有句号", ["没有句号"]),
        ("", []),
    ],
)
def test_a_text_is_cut_where_its_sentences_end(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(TEXTS)
def test_the_sentences_joined_give_the_text_again(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join(sentences) == text
    assert all(sentences)


@given(TEXTS)
def test_no_sentence_goes_over_a_line_break(text: str) -> None:
    assert all(is_line_break(part) or not any(map(is_line_break, part)) for part in split_sentences(text))


@given(TEXTS, st.integers(1, 12))
def test_the_parts_of_a_long_sentence_fit_and_nothing_is_lost(text: str, limit: int) -> None:
    parts = split_long(text, lambda part: len(part) <= limit)
    assert "".join(parts) == text
    assert all(len(part) <= limit for part in parts)


@pytest.mark.parametrize(
    ("sentence", "limit", "parts"),
    [
        ("他来自北京，她来自上海，我来自西安", 8, ["他来自北京，", "她来自上海，", "我来自西安"]),
        ("他有苹果、梨、葡萄和西瓜", 8, ["他有苹果、", "梨、葡萄和西瓜"]),
        ("一共1,000,000元和2,000,000元", 13, ["一共1,000,000元", "和2,000,000元"]),
        ("please install it", 12, ["please ", "install it"]),
    ],
)
def test_a_long_sentence_is_cut_at_a_comma_or_else_between_words(sentence: str, limit: int, parts: list[str]) -> None:
    assert split_long(sentence, lambda part: len(part) <= limit) == parts


def test_a_character_that_does_not_fit_is_left_as_it_is() -> None:
    assert split_long("天地", lambda part: False) == ["天", "地"]


@pytest.mark.parametrize(
    "text", ["a.a." * 2500, " " * 10_000 + "x", "《" * 10_000, "。”" * 5000, "\n " * 5000, "1." * 5000]
)
def test_texts_made_to_be_slow_are_cut_like_others(text: str) -> None:
    # Quadratic work on these would run into the test's time limit when the texts of a whole body look so.
    assert "".join(split_sentences(text * 20)) == text * 20
