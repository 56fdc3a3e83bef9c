-- Runs at every start. Earlier releases stored JSON by a plugin of the engine (Spin) in the type «json»; without it the
-- engine cannot read such a variable, nor a list that it is in. The stored bytes are the same: only the name of the type
-- differs. The whole history, which may be long, is searched once; later, only for names that a node of the earlier
-- release may still have written during the update.
DO $$
BEGIN
  IF to_regclass('act_ru_variable') IS NOT NULL THEN
    UPDATE act_ru_variable SET type_ = 'bytes' WHERE type_ = 'json';
    UPDATE act_hi_varinst SET var_type_ = 'bytes'
      WHERE name_ IN ('returnedInput', 'formDetails', 'differenceDetails') AND var_type_ = 'json';
    UPDATE act_hi_detail SET var_type_ = 'bytes'
      WHERE name_ IN ('returnedInput', 'formDetails', 'differenceDetails') AND var_type_ = 'json';
    IF NOT EXISTS (SELECT FROM act_ge_property WHERE name_ = 'pit.json') THEN
      UPDATE act_hi_varinst SET var_type_ = 'bytes' WHERE var_type_ = 'json';
      UPDATE act_hi_detail SET var_type_ = 'bytes' WHERE var_type_ = 'json';
      INSERT INTO act_ge_property (name_, value_, rev_) VALUES ('pit.json', 'bytes', 1) ON CONFLICT DO NOTHING;
    END IF;
  END IF;
END
$$;;
